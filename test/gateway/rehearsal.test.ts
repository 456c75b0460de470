import { createServer } from 'node:net';
import { once } from 'node:events';
import t from 'tap';
import { rehearse, type Rehearsal } from '../../src/gateway/rehearsal.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { configOf } from '../helpers/config-text.ts';
import { portOf } from '../helpers/handshake.ts';

async function rehearsed(yaml: string, head: string, change: { secure?: boolean; peerAddress?: string; certified?: readonly string[] } = {}): Promise<Rehearsal> {
  const { secure = false, peerAddress = '192.0.2.1', certified = [] } = change;
  const request = { text: `${head}\r\n\r\n`, serverName: 'a.test', secure, localPort: 80, peerAddress };
  return rehearse(configOf(yaml), request, { clock: systemClock, isCertified: (host) => certified.includes(host) });
}

await t.test('a request goes from the parser to the upstream and back, and nobody is connected to', async (t) => {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const { exchange, sent } = await rehearsed(`routes: [{ upstream: "127.0.0.1:${portOf(server)}" }]\nrateLimits: { store: "redis://127.0.0.1:${portOf(server)}" }`, 'GET /x HTTP/1.1\r\nHost: a.test');
  t.match([exchange.ended, exchange.status, exchange.routeId, exchange.target, sent?.line], [true, 200, '/*', `127.0.0.1:${portOf(server)}`, 'GET /x HTTP/1.1']);
  t.equal(connections, 0);
});

await t.test('names are not resolved: a target is asked as if it had one address', async (t) => {
  const { exchange, sent } = await rehearsed('routes: [{ upstream: "nowhere.invalid:8000", hostHeader: target }]', 'GET / HTTP/1.1\r\nHost: a.test');
  t.match([exchange.target, sent?.headers[0]], ['nowhere.invalid:8000', ['Host', 'nowhere.invalid:8000']]);
});

await t.test('bodies that never come keep nobody waiting', async (t) => {
  for (const more of ['Content-Length: 9', 'Content-Length: 99999999', 'Transfer-Encoding: chunked', 'Content-Length: 5\r\nExpect: 100-continue']) {
    const { exchange, sent } = await rehearsed('routes: [{ upstream: "127.0.0.1:1" }]', `POST / HTTP/1.1\r\nHost: a.test\r\n${more}`);
    t.match([exchange.status, sent?.line], [200, 'POST / HTTP/1.1'], more);
  }
});

await t.test('what cannot even be parsed is refused with its code', async (t) => {
  const { exchange, sent } = await rehearsed('', 'GET / HTTP/1.1\r\nHost: a.test\r\nContent-Length: x');
  t.match([exchange.errorCode, exchange.status, sent], ['bad_request', 400, null]);
});

await t.test('a host of its own certificate is sent to HTTPS, a stranger is not', async (t) => {
  const yaml = 'listen: { http: 80, https: 443 }\nroutes: [{ respond: {} }]';
  const head = 'GET /p HTTP/1.1\r\nHost: a.test';
  t.match((await rehearsed(yaml, head, { certified: ['a.test'] })).exchange, { status: 308, errorCode: '' });
  t.match((await rehearsed(yaml, head)).exchange, { status: 421, errorCode: 'misdirected' });
});

await t.test('a configuration that cannot be built says why', async (t) => {
  const config = configOf('routes: [{ upstream: "127.0.0.1:1" }]');
  const request = { text: 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', serverName: 'a', secure: false, localPort: 80, peerAddress: '' };
  await t.rejects(rehearse({ ...config, upstreams: [] }, request, { clock: systemClock, isCertified: () => false }), /there is no upstream/);
});
