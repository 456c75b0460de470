import http from 'node:http';
import t from 'tap';
import { exampleText } from '../helpers/example.ts';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { startHttpUpstream } from '../helpers/upstream.ts';

const upstream = await startHttpUpstream((_request, response) => void response.setHeader('x-total-count', '7').end('[]'), {
  upgrade: (_request, socket) => void socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
});
t.teardown(async () => upstream.close());
const gateway = await startLoneGateway(t, exampleText('cors', { 'api:8000': upstream.target }));
const ask = agentClient(t, gateway.port);

/** Status of the answer to a handshake. */
async function open(origin: string): Promise<number> {
  const request = http.get({ host: '127.0.0.1', port: gateway.port, path: '/live', agent: false, headers: { origin, connection: 'Upgrade', upgrade: 'websocket' } });
  return new Promise((resolve, reject) => {
    request.on('error', reject);
    request.on('response', (response) => resolve(response.resume().statusCode ?? 0));
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(response.statusCode ?? 0);
    });
  });
}

await t.test('pages of the app, of previews and of development may read with cookies; others may not', async (t) => {
  for (const origin of ['https://app.example.com', 'https://pr-7.preview.example.com', 'http://localhost:5173']) {
    t.match(await ask({ path: '/api/orders', headers: { origin } }), { status: 200, headers: { 'access-control-allow-origin': origin, 'access-control-allow-credentials': 'true', 'access-control-expose-headers': 'X-Total-Count, Retry-After', 'vary': /Origin/ } });
  }
  const foreign = await ask({ path: '/api/orders', headers: { origin: 'https://example.com' } });
  t.strictSame([foreign.status, foreign.headers['access-control-allow-origin']], [200, undefined]);
});

await t.test('a preflight does not reach the app, and is remembered for an hour', async (t) => {
  const before = upstream.requests;
  const headers = { 'origin': 'https://app.example.com', 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' };
  t.match(await ask({ method: 'OPTIONS', path: '/api/orders/1', headers }), { status: 204, headers: { 'access-control-allow-methods': /PUT/, 'access-control-allow-headers': 'content-type', 'access-control-max-age': '3600' } });
  t.equal((await ask({ method: 'OPTIONS', path: '/api/orders/1', headers: { ...headers, origin: 'https://evil.test' } })).status, 403);
  t.equal(upstream.requests, before);
});

await t.test('what is public is for everybody', async (t) => {
  t.match(await ask({ path: '/public/list', headers: { origin: 'https://any.test' } }), { status: 200, headers: { 'access-control-allow-origin': '*' } });
});

await t.test('only the app opens the WebSocket from a browser', async (t) => {
  t.strictSame([await open('https://evil.test'), await open('https://app.example.com')], [403, 101]);
});
