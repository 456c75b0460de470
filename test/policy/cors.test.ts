import t, { type Test } from 'tap';
import { cors } from '../../src/policy/cors.ts';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { Http2WebSocket } from '../helpers/http2-websocket.ts';
import { startLoneGateway, type LoneGateway } from '../helpers/lone-gateway.ts';
import { ask, startPolicy } from '../helpers/policies.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { refusingPort } from '../helpers/scripted-upstream.ts';
import { startHttpUpstream, type TestUpstream } from '../helpers/upstream.ts';
import { startWebSocketUpstream } from '../helpers/websocket-upstream.ts';

const APP = 'https://app.test';
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';

async function send({ port }: LoneGateway, line: string, ...headers: readonly string[]): Promise<RawResponse> {
  const client = await RawClient.connect({ port });
  const [method = ''] = line.split(' ');
  const response = await client.write(`${[`${line} HTTP/1.1`, 'Host: api.test', ...headers].join('\r\n')}\r\n\r\n`).readResponse({ method });
  client.destroy();
  return response;
}

function corsOf({ rawHeaders }: RawResponse): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, value] of rawHeaders.map(([written, text]) => [written.toLowerCase(), text] as const)) {
    if (name.startsWith('access-control-') || name === 'vary') found[name] = found[name] === undefined ? value : `${found[name]} | ${value}`;
  }
  return found;
}

async function startUpstream(t: Pick<Test, 'teardown'>): Promise<TestUpstream> {
  const upstream = await startHttpUpstream((request, response) => {
    response.setHeader('Vary', ['Accept-Encoding', 'Cookie']);
    if (request.url === '/own') response.setHeaders(new Map([['Access-Control-Allow-Origin', 'https://own.test'], ['access-control-allow-credentials', 'true'], ['Access-Control-Max-Age', '5']]));
    response.end(request.method);
  });
  t.teardown(async () => upstream.close());
  return upstream;
}

await t.test('a page of an allowed origin may read, and the upstream has no say in it', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startLoneGateway(t, `routes: [{ upstream: "${upstream.target}", cors: { origins: ${APP}, credentials: true, exposeHeaders: [X-A, X-B] } }]`);
  t.strictSame(corsOf(await send(gateway, 'GET /own', `Origin: ${APP}`)), {
    'vary': 'Accept-Encoding | Cookie | Origin',
    'access-control-allow-origin': APP,
    'access-control-allow-credentials': 'true',
    'access-control-expose-headers': 'X-A, X-B',
  });
  const foreign = await send(gateway, 'GET /own', 'Origin: https://evil.test');
  t.equal(foreign.status, 200, 'CORS is no access control');
  t.strictSame(corsOf(foreign), { vary: 'Accept-Encoding | Cookie | Origin' });
  t.strictSame(corsOf(await send(gateway, 'GET /own')), { vary: 'Accept-Encoding | Cookie | Origin' }, 'a cache must not give this one to a page');
});

await t.test('everybody is everybody: the answer depends on nothing', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startLoneGateway(t, `routes: [{ upstream: "${upstream.target}", cors: "*" }]`);
  for (const headers of [[], ['Origin: https://any.test'], ['Origin: null']]) {
    t.strictSame(corsOf(await send(gateway, 'GET /own', ...headers)), { 'vary': 'Accept-Encoding | Cookie', 'access-control-allow-origin': '*' });
  }
  t.equal((await send(gateway, 'OPTIONS /', 'Origin: null', 'Access-Control-Request-Method: PUT')).headers['access-control-allow-origin'], '*');
});

await t.test('with keepUpstream an upstream that has its own say keeps it, and one that has none gets ours', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startLoneGateway(t, `routes: [{ upstream: "${upstream.target}", cors: { origins: ${APP}, keepUpstream: true } }]`);
  t.match(corsOf(await send(gateway, 'GET /own', `Origin: ${APP}`)), { 'access-control-allow-origin': 'https://own.test', 'access-control-max-age': '5', 'vary': /Origin/ });
  t.match(corsOf(await send(gateway, 'GET /', `Origin: ${APP}`)), { 'access-control-allow-origin': APP });
});

await t.test('a preflight is answered here, whatever methods the route takes', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startLoneGateway(t, `routes: [{ path: /a, methods: [PUT], upstream: "${upstream.target}", cors: ${APP} }]`);
  const preflight = await send(gateway, 'OPTIONS /a', `Origin: ${APP}`, 'Access-Control-Request-Method: PUT', 'Access-Control-Request-Headers: authorization,content-type');
  t.equal(preflight.status, 204);
  t.strictSame(corsOf(preflight), {
    'vary': 'Origin | Access-Control-Request-Method | Access-Control-Request-Headers',
    'access-control-allow-origin': APP,
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
    'access-control-allow-headers': 'authorization,content-type',
    'access-control-max-age': '600',
  });
  t.equal((await send(gateway, 'OPTIONS /a', `Origin: ${APP}`, 'Access-Control-Request-Method: DELETE')).status, 405, 'a method that no route takes');
  t.equal((await send(gateway, 'OPTIONS /a', `Origin: ${APP}`)).status, 405, 'no preflight');
  t.equal(upstream.requests, 0);
});

await t.test('a preflight comes to the route of the request that it asks for', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startLoneGateway(t, `
routes:
  - { path: /a, methods: [PUT], respond: {}, cors: ${APP} }
  - { path: /a, methods: [POST], respond: {} }
  - { path: /*, upstream: "${upstream.target}" }`);
  const asking = async (method: string): Promise<number> => (await send(gateway, 'OPTIONS /a', `Origin: ${APP}`, `Access-Control-Request-Method: ${method}`)).status;
  t.strictSame([await asking('PUT'), upstream.requests], [204, 0]);
  t.strictSame([await asking('POST'), upstream.requests], [200, 1], 'its route has no cors: whoever takes OPTIONS answers');
  t.equal((await send(gateway, 'OPTIONS /a;x', `Origin: ${APP}`, 'Access-Control-Request-Method: PUT')).status, 400, 'a path that is another one without its parameters');
});

await t.test('an ordinary OPTIONS goes on', async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startLoneGateway(t, `routes: [{ upstream: "${upstream.target}", cors: ${APP} }]`);
  for (const headers of [[], [`Origin: ${APP}`], ['Access-Control-Request-Method: GET']]) t.equal((await send(gateway, 'OPTIONS /', ...headers)).text, 'OPTIONS');
  t.equal(upstream.requests, 3);
});

await t.test('a preflight of another origin is refused with the reason, and tells the page nothing', async (t) => {
  const gateway = await startLoneGateway(t, `routes: [{ respond: {}, cors: { origins: ${APP}, credentials: true } }]`);
  for (const origin of ['https://evil.test', 'null', `${APP}.evil.test`, 'http://app.test']) {
    const refused = await send(gateway, 'OPTIONS /', `Origin: ${origin}`, 'Access-Control-Request-Method: GET');
    t.equal(refused.status, 403, origin);
    t.match(JSON.parse(refused.text), { code: 'forbidden_origin' });
    t.strictSame(corsOf(refused), { vary: 'Origin | Access-Control-Request-Method | Access-Control-Request-Headers' });
  }
  t.equal((await send(gateway, 'OPTIONS /', 'Origin: http://api.test', 'Access-Control-Request-Method: GET')).status, 204, 'a page of the same origin');
});

await t.test('errors can be read by the page, whoever says them', async (t) => {
  const gateway = await startLoneGateway(t, `
defaults: { cors: ${APP} }
routes:
  - { path: /dead, upstream: "127.0.0.1:${await refusingPort()}" }
  - { path: /closed, respond: {}, ip: { deny: 127.0.0.1 } }
  - { path: /small, respond: {}, maxBody: 1B }`);
  const statuses = { '/dead': 503, '/closed': 403, '/none': 404 };
  for (const [path, status] of Object.entries(statuses)) {
    t.match(await send(gateway, `GET ${path}`, `Origin: ${APP}`), { status, headers: { 'access-control-allow-origin': APP, 'vary': 'Origin' } });
  }
  t.match(await send(gateway, 'POST /small', `Origin: ${APP}`, 'Content-Length: 2', '', 'ab'), { status: 413, headers: { 'access-control-allow-origin': APP } });
  t.equal((await send(gateway, 'OPTIONS /closed', `Origin: ${APP}`, 'Access-Control-Request-Method: GET')).status, 403, 'whoever is not let in is told nothing by a preflight');
});

await t.test('a preflight needs no credentials and uses up no limit, and the page can read what became of its request', async (t) => {
  const gateway = await startLoneGateway(t, `routes: [{ respond: {}, cors: ${APP}, rateLimit: 2/hour, jwt: { secret: "k7Qm2vX9pRt4Lz8wYb1Nc6Hd3Fs5Gj0Ua" } }]`);
  const preflight = async (): Promise<number> => (await send(gateway, 'OPTIONS /', `Origin: ${APP}`, 'Access-Control-Request-Method: GET', 'Access-Control-Request-Headers: authorization')).status;
  t.strictSame([await preflight(), await preflight(), await preflight()], [204, 204, 204]);
  const asked = [await send(gateway, 'GET /', `Origin: ${APP}`), await send(gateway, 'GET /', `Origin: ${APP}`), await send(gateway, 'GET /', `Origin: ${APP}`)];
  t.match(asked, [401, 401, 429].map((status) => ({ status, headers: { 'access-control-allow-origin': APP } })));
});

await t.test('threat: a page of another site cannot open a WebSocket with the cookies of its visitor', async (t) => {
  const upstream = await startWebSocketUpstream(t);
  const gateway = await startLoneGateway(t, `routes: [{ upstream: "${upstream.target}", cors: { origins: ["https://*.app.test"] } }]`);
  const open = async (...headers: readonly string[]): Promise<number> => (await send(gateway, 'GET /', UPGRADE, ...headers)).status;
  for (const origin of ['https://evil.test', 'null', 'https://app.test', 'http://api.test:81', 'http://api.test.evil.test', 'file://', 'http://api.test, https://a.app.test']) {
    t.equal(await open(`Origin: ${origin}`, 'Cookie: session=1'), 403, origin);
  }
  t.equal(await open('Origin: https://a.app.test', 'Origin: https://evil.test'), 403, 'two origins are none that anybody allowed');
  t.equal(upstream.requests.length, 0);
  t.equal(await open('Origin: https://a.app.test'), 101);
  t.equal(await open('Origin: http://api.test'), 101, 'its own page');
  t.equal(await open('Origin: https://api.test'), 101, 'its own page, behind somebody who ended the TLS');
  t.equal(await open(), 101, 'no browser');
  t.equal(gateway.ended[0]?.errorCode, 'forbidden_origin');
});

await t.test('threat: nor over HTTP/2, nor a page over plain HTTP one over HTTPS', async (t) => {
  const upstream = await startWebSocketUpstream(t);
  const gateway = await startLoneGateway(t, `routes: [{ upstream: "${upstream.target}", cors: ${APP} }]`, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const own = `localhost:${gateway.httpsPort}`;
  const statuses = await Promise.all(['https://evil.test', `http://${own}`, `https://${own}`, APP].map(async (origin) => (await Http2WebSocket.open(session, '/', { origin })).head[':status']));
  t.strictSame(statuses, [403, 403, 200, 200]);
  t.equal(upstream.requests.length, 2);
});

await t.test('over HTTP/2 a preflight is answered alike', async (t) => {
  const gateway = await startLoneGateway(t, `routes: [{ path: /a, methods: [PATCH], respond: {}, cors: ${APP} }]`, { https: true });
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  const preflight = await requestH2(session, { ':method': 'OPTIONS', ':path': '/a', 'origin': APP, 'access-control-request-method': 'PATCH' });
  t.match(preflight, { status: 204, headers: { 'access-control-allow-origin': APP, 'access-control-max-age': '600', 'vary': /^Origin, Access/ } });
});

await t.test('threat: an event stream of somebody who is known is for allowed pages alone', async (t) => {
  const phases = await startPolicy(cors, `cors: ${APP}`);
  const statusOf = async (...headers: readonly string[]): Promise<unknown> => (await ask(phases, { headers: ['Host', 'a.test', 'Accept', 'text/event-stream', ...headers] })).error;
  t.match(await statusOf('Origin', 'https://evil.test', 'Cookie', 'a=1'), { code: 'forbidden_origin' });
  t.match(await statusOf('Origin', 'https://evil.test', 'Authorization', 'Basic eDp5'), { code: 'forbidden_origin' });
  t.equal(await statusOf('Origin', 'https://evil.test'), null, 'there is nothing to steal, and the page cannot read it');
  t.equal(await statusOf('Origin', APP, 'Cookie', 'a=1'), null);
  t.equal(await statusOf('Cookie', 'a=1'), null);
  t.equal((await ask(phases, { headers: ['Host', 'a.test', 'Origin', 'https://evil.test', 'Cookie', 'a=1'] })).error, null, 'an ordinary request');
});

await t.test('enforce refuses every request of another origin', async (t) => {
  const phases = await startPolicy(cors, `cors: { origins: ${APP}, enforce: true }`);
  const errorFor = async (...headers: readonly string[]): Promise<unknown> => (await ask(phases, { method: 'POST', headers: ['Host', 'a.test', ...headers] })).error;
  t.match(await errorFor('Origin', 'https://evil.test'), { code: 'forbidden_origin' });
  t.match(await errorFor('Origin', 'null'), { code: 'forbidden_origin' });
  for (const headers of [['Origin', APP], ['Origin', 'http://a.test'], []]) t.equal(await errorFor(...headers), null);
});

await t.test('what a page asks for is given back only where it is a list of header names', async (t) => {
  const gateway = await startLoneGateway(t, `routes: [{ path: /, respond: {}, cors: "*" }, { path: /named, respond: {}, cors: { origins: "*", headers: [X-A, X-B], methods: [GET], maxAge: off } }]`);
  const allowed = async (path: string, ...lines: readonly string[]): Promise<string | undefined> => (await send(gateway, `OPTIONS ${path}`, `Origin: ${APP}`, 'Access-Control-Request-Method: GET', ...lines)).headers['access-control-allow-headers'];
  t.equal(await allowed('/', 'Access-Control-Request-Headers: x-a', 'Access-Control-Request-Headers: x-b'), 'x-a, x-b');
  t.equal(await allowed('/'), undefined);
  t.equal(await allowed('/', 'Access-Control-Request-Headers: x-a; y'), undefined);
  t.equal(await allowed('/', 'Access-Control-Request-Headers: x-\xe4'), undefined);
  t.equal(await allowed('/named', 'Access-Control-Request-Headers: x-c'), 'X-A, X-B');
  t.match((await send(gateway, 'OPTIONS /named', `Origin: ${APP}`, 'Access-Control-Request-Method: GET')).headers, { 'access-control-allow-methods': 'GET', 'access-control-max-age': '0' });
});

await t.test('a private network is opened only where that is said', async (t) => {
  const gateway = await startLoneGateway(t, `routes: [{ path: /open, respond: {}, cors: { origins: ${APP}, privateNetwork: true } }, { path: /, respond: {}, cors: ${APP} }]`);
  const preflight = [`Origin: ${APP}`, 'Access-Control-Request-Method: GET', 'Access-Control-Request-Private-Network: true'];
  t.match((await send(gateway, 'OPTIONS /open', ...preflight)).headers, { 'access-control-allow-private-network': 'true', 'vary': /Private-Network/ });
  t.equal((await send(gateway, 'OPTIONS /', ...preflight)).headers['access-control-allow-private-network'], undefined);
  t.equal((await send(gateway, 'OPTIONS /open', ...preflight.slice(0, 2))).headers['access-control-allow-private-network'], undefined);
});
