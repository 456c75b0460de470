import { once } from 'node:events';
import { constants } from 'node:http2';
import type { ServerResponse } from 'node:http';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { answerOf, connectH2 } from '../helpers/h2-client.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { startSluice } from '../helpers/sluice-process.ts';
import { startFastifyApp, startHttpUpstream, type TestUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const PATIENT = 'drainTimeout: 20s\ndefaults: { https: both }';

/** An upstream whose answers the test gives. */
async function slowUpstream(): Promise<{ upstream: TestUpstream; held: ServerResponse[] }> {
  const held: ServerResponse[] = [];
  const upstream = await startHttpUpstream((_request, response) => void held.push(response));
  return { upstream, held };
}

await t.test('a request in flight finishes with 200 and Connection: close, new connections are refused, idle ones are closed', async (t) => {
  const { upstream, held } = await slowUpstream();
  t.teardown(async () => upstream.close());
  const process = await startSluice(t, `${PATIENT}\nroutes: [{ upstream: "${upstream.target}" }, { path: /r, respond: {} }]`);
  const { httpPort: port } = process;
  const [slow, idle, silent] = [await RawClient.connect({ port }), await RawClient.connect({ port }), await RawClient.connect({ port })];
  await idle.write('GET /r HTTP/1.1\r\nHost: a\r\n\r\n').readResponse();
  slow.write(GET);
  await eventually(() => held.length === 1);
  process.child.kill('SIGTERM');
  await Promise.all([idle.closed, silent.closed]);
  await t.rejects(RawClient.connect({ port }), { code: 'ECONNREFUSED' });
  t.equal(process.child.exitCode, null);
  held[0]?.end('finished');
  t.match(await slow.readResponse(), { status: 200, text: 'finished', headers: { connection: 'close' } });
  t.equal(await process.ended(), 0);
  t.match(process.accessLog().at(-1), { path: '/', status: 200 });
});

await t.test('an HTTP/2 connection is told GOAWAY, and its stream finishes', async (t) => {
  const { upstream, held } = await slowUpstream();
  t.teardown(async () => upstream.close());
  const process = await startSluice(t, `${PATIENT}\nroutes: [{ upstream: "${upstream.target}" }]`, { https: true });
  const ca = readFileSync(join(process.dir, 'certs', 'ca.crt'), 'utf8');
  const session = await connectH2(t, process.httpsPort, ca);
  const inWork = answerOf(session.request({ ':path': '/' }));
  await eventually(() => held.length === 1);
  const goaway = once(session, 'goaway');
  process.child.kill('SIGTERM');
  t.equal((await goaway)[0], constants.NGHTTP2_NO_ERROR);
  held[0]?.end('finished');
  t.match(await inWork, { status: 200, body: Buffer.from('finished'), resetCode: 0 });
  t.equal(await process.ended(), 0);
});

await t.test('an event stream is cut at the drain timeout and not before, and is in the log', async (t) => {
  const app = await startFastifyApp();
  t.teardown(async () => app.close());
  const process = await startSluice(t, `drainTimeout: 700ms\nlog: { level: info }\nroutes: [{ upstream: "${app.target}" }]`);
  const stream = await RawClient.connect({ port: process.httpPort });
  await stream.write('GET /events HTTP/1.1\r\nHost: a\r\n\r\n').readUntil('event 1');
  const startMs = performance.now();
  process.child.kill('SIGTERM');
  await stream.closed;
  const tookMs = performance.now() - startMs;
  t.ok(tookMs >= 690 && tookMs < 8000, `${Math.round(tookMs)} ms`);
  t.equal(await process.ended(), 0);
  t.match(process.accessLog(), [{ path: '/events', status: 200 }]);
  t.match(process.output(), /stopped, some connections had to be cut/);
});

await t.test('a second signal ends at once, with the code of that signal', async (t) => {
  for (const [second, code] of [['SIGTERM', 143], ['SIGINT', 130]] as const) {
    const { upstream, held } = await slowUpstream();
    t.teardown(async () => upstream.close());
    const process = await startSluice(t, `${PATIENT}\nlog: { level: info }\nroutes: [{ upstream: "${upstream.target}" }]`);
    const client = await RawClient.connect({ port: process.httpPort });
    client.write(GET);
    await eventually(() => held.length === 1);
    process.child.kill('SIGTERM');
    await eventually(() => process.output().includes('shutting down'));
    process.child.kill(second);
    t.equal(await process.ended(), code);
    await client.closed;
  }
});
