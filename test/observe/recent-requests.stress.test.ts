import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { RecentRequests } from '../../src/observe/recent-requests.ts';
import { parseTraceparent } from '../../src/observe/traces/trace-context.ts';
import { parseHost } from '../../src/request/host.ts';
import { privacyOf } from './sample-privacy.ts';
import { sampleRecord } from './sample-record.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** 16 KiB as a client sends them. */
function text(beginning: string): string {
  return Buffer.alloc(16_384, beginning).toString();
}

await t.test('threat: a thousand places filled by clients with 16 KiB in whatever they send hold what is shown, and no more', async (t) => {
  const recent = new RecentRequests();
  recent.keep(1000);
  collectGarbage();
  const beforeBytes = process.memoryUsage().heapUsed;
  for (let index = 0; index < 2000; index += 1) {
    const url = `http://app-${index}.example.com/${text('a?b=c')}`;
    const { host } = parseHost(url.slice(7, url.indexOf('/', 7)));
    const { traceId } = parseTraceparent(`01-${'ab'.repeat(16)}-${'cd'.repeat(8)}-00-${text(String(index))}`)!;
    recent.add({ ...sampleRecord, method: text('M'), host, traceId, url, path: url.slice(30, 8000), query: url.slice(8000), userAgent: text('u'), referer: text('r'), errorDetail: text('e'), id: text('i') });
  }
  collectGarbage();
  const eachBytes = (process.memoryUsage().heapUsed - beforeBytes) / 1000;
  t.ok(eachBytes > 0 && eachBytes < 12_000, `${Math.round(eachBytes)} bytes each`);
  t.equal(recent.read({ filter: { route: null, status: null, code: null, slowMs: null, client: null }, after: 0, count: 0 }, privacyOf()).seen, 2000);
});
