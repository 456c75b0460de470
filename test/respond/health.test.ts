import t from 'tap';
import { healthHandler } from '../../src/respond/health.ts';
import { startGateway } from '../helpers/gateway.ts';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

const PROBES = 'routes: [{ path: /ready, health: readiness }, { path: /alive, health: liveness }, { path: /app, respond: { body: app } }]';

async function ask(client: RawClient, path: string, method = 'GET'): Promise<RawResponse> {
  return client.write(`${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`).readResponse({ method });
}

await t.test('readiness says whether a stop has begun, liveness that there is somebody', async (t) => {
  let isDraining = false;
  const asked = (probe: 'readiness' | 'liveness'): unknown[] => {
    const { exchange, sink } = sampleExchange();
    healthHandler({ kind: 'health', probe }, () => isDraining)(exchange);
    return [sink.status, sink.headers, sink.body, exchange.errorCode];
  };
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  t.strictSame(asked('readiness'), [200, { ...headers, 'content-length': '18' }, '{"status":"ready"}', '']);
  t.strictSame(asked('liveness'), [200, { ...headers, 'content-length': '18' }, '{"status":"alive"}', '']);
  isDraining = true;
  t.strictSame(asked('readiness'), [503, { ...headers, 'content-length': '22' }, '{"status":"not ready"}', '']);
  t.strictSame(asked('liveness'), [200, { ...headers, 'content-length': '18' }, '{"status":"alive"}', '']);
});

await t.test('as the action of a route it answers on the public ports, over plain HTTP too, and tells nothing else', async (t) => {
  const { httpPort, httpsPort, ca } = await startGateway(t, `workers: 2\n${PROBES}`, { https: true });
  const client = await RawClient.connect({ port: httpPort });
  t.match(await ask(client, '/ready'), { status: 200, text: '{"status":"ready"}', headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } });
  t.match(await ask(client, '/alive', 'HEAD'), { status: 200, text: '' });
  t.match(await ask(client, '/alive?verbose'), { status: 200, text: '{"status":"alive"}' });
  t.equal((await ask(client, '/app')).status, 308, 'other routes are redirected to HTTPS');
  client.destroy();
  const session = await connectH2(t, httpsPort, ca);
  t.match(await requestH2(session, { ':path': '/ready' }), { status: 200, body: Buffer.from('{"status":"ready"}') });
});

await t.test('while the gateway drains, who still has a connection is told so, and nobody gets a new one', async (t) => {
  const { plane, httpPort: port } = await startGateway(t, `workers: 1\ndrainTimeout: 20s\n${PROBES}`);
  const [ready, alive, silent] = [await RawClient.connect({ port }), await RawClient.connect({ port }), await RawClient.connect({ port })];
  // Half of a head is a request that has begun: its connection is not closed for being idle.
  ready.write('GET /ready HTTP/1.1\r\n');
  alive.write('GET /alive HTTP/1.1\r\n');
  await ask(silent, '/ready');
  const stopped = plane.stop();
  await silent.closed;
  t.match(await ready.write('Host: a\r\n\r\n').readResponse(), { status: 503, text: '{"status":"not ready"}', headers: { connection: 'close' } });
  t.match(await alive.write('Host: a\r\n\r\n').readResponse(), { status: 200, text: '{"status":"alive"}', headers: { connection: 'close' } });
  await t.rejects(RawClient.connect({ port }), { code: 'ECONNREFUSED' });
  t.equal(await stopped, 0, 'nobody was cut');
});
