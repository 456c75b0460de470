import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { ERRORS, type ErrorCode } from '../../src/exchange/errors.ts';
import { WorkerMetrics } from '../../src/observe/metrics/worker-metrics.ts';
import { startGateway } from '../helpers/gateway.ts';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { MetricsPage, sumOf } from '../helpers/metrics-page.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { eventually } from '../helpers/wait-for.ts';
import { measured } from '../observe/metrics/sample-measured.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Those that the parser lets pass, and one that is none. */
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'PROPFIND', 'MKCOL', 'LOCK', 'SEARCH', 'PURGE', 'REPORT', 'M-SEARCH', 'UNSUBSCRIBE'];
const BATCH = 100;
/** How a request can end: with any status, or in an error. */
const OUTCOMES = [
  ...Array.from({ length: 900 }, (_, index) => ({ status: 100 + index, errorCode: '' as const })),
  ...Object.entries(ERRORS).map(([code, { status }]) => ({ status, errorCode: code as ErrorCode })),
];

/** So many requests that nobody has asked for, in pipelines, each of another host, path and query. */
async function scan(port: number, requests: number, seed: string): Promise<void> {
  let client = await RawClient.connect({ port });
  for (let sent = 0; sent < requests; sent += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, index) => {
      const number = sent + index;
      return { method: METHODS[number % METHODS.length] ?? '', head: `/${seed}/${number}.php?id=${number} HTTP/1.1\r\nHost: ${seed}${number}.test\r\nUser-Agent: scan/${number}\r\n\r\n` };
    });
    client.write(batch.map(({ method, head }) => `${method} ${head}`).join(''));
    for (const { method } of batch) await client.readResponse({ method, timeoutMs: 20_000 });
    // On another connection, and so maybe with another worker.
    client.destroy();
    client = await RawClient.connect({ port });
  }
  client.destroy();
}

await t.test('threat: a scan of 10,000 hosts, paths, odd methods and bad requests makes no series, over both protocols', async (t) => {
  const { plane, httpPort, httpsPort, ca } = await startGateway(t, `
workers: 2
listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: "127.0.0.1:0" }
defaults: { https: both }
routes: [{ name: app, host: localhost, path: /app/*, respond: {} }]`, { https: true });
  const page = new MetricsPage(plane.admin?.address.port ?? 0);
  const session = await connectH2(t, httpsPort, ca);
  const rest = async (times: number, seed: string): Promise<void> => {
    await Promise.all(Array.from({ length: times }, async (_, index) => requestH2(session, { ':method': `${seed}${index}`, ':path': `/${seed}/${index}`, ':authority': `${seed}${index}.test` })));
    for (let index = 0; index < times; index += 1) {
      const client = await RawClient.connect({ port: httpPort });
      await client.write(`${seed}${index} /${index} HTTP/1.1\r\nHost: a\r\n\r\n`).readResponse({ timeoutMs: 20_000 });
      client.destroy();
    }
  };
  const countedTo = async (requests: number) => eventually(async () => {
    const counts = await page.counts();
    return sumOf(counts, 'sluice_http_requests_total') === requests && counts;
  }, 20_000);
  // One of each kind, so that every answer there can be has its series; to both workers, or the order of them would differ.
  await scan(httpPort, BATCH, 'alpha');
  await rest(1, 'ALPHA');
  const before = [...(await countedTo(BATCH + 2)).keys()];
  await scan(httpPort, 10_000, 'beta');
  await rest(50, 'BETA');
  const after = [...(await countedTo(BATCH + 2 + 10_000 + 100)).keys()].filter((series) => !series.startsWith('sluice_worker_gc_'));
  t.strictSame(after.filter((series) => !before.includes(series)), []);
  t.ok(before.length < 400, `${before.length} series`);
  t.notMatch(after.join('\n'), /alpha|beta|php|scan/i);
});

await t.test('threat: whatever clients and upstreams make up, what one worker keeps for the metrics is bounded', (t) => {
  collectGarbage();
  const nothingBytes = process.memoryUsage().heapUsed;
  const metrics = new WorkerMetrics();
  metrics.useRoutes(Array.from({ length: 20 }, (_, index) => `r${index}`), { routesMax: 10, targetsMax: 10 });
  let series = 0;
  const note = (): void => {
    const { fresh, gone } = metrics.snapshot();
    series += fresh.length - gone.length;
  };
  // Every method with every status and every error on every route, which makes the most series there can be.
  const serve = (seed: string): void => {
    for (let index = 0; index < 12 * METHODS.length * OUTCOMES.length; index += 1) {
      const made = `${seed}${index}`;
      const route = index % 12;
      metrics.onEnd(measured({
        routeId: route === 0 ? '' : `r${route - 1}`, method: METHODS[Math.floor(index / 12) % METHODS.length] ?? '', host: made, path: made, url: made, userAgent: made, id: made,
        traceId: made.padStart(32, '0'), ...OUTCOMES[Math.floor(index / 12 / METHODS.length)], upstream: 'api', target: `${made}:80`, totalMs: index,
      }));
      if (index % 1000 === 0) note();
    }
    note();
    collectGarbage();
  };
  serve('a');
  const fullBytes = process.memoryUsage().heapUsed - nothingBytes;
  const before = series;
  serve('b');
  const grownBytes = process.memoryUsage().heapUsed - nothingBytes - fullBytes;
  t.equal(series, before);
  t.ok(series > 10_000 && fullBytes < series * 800, `${series} series in ${fullBytes} bytes`);
  t.ok(grownBytes < 500_000, `${grownBytes} more after as many requests again`);
  metrics.onEnd(measured());
  t.ok(metrics.snapshot().changed.length > 0, 'and it counts on');
  t.end();
});
