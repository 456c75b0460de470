import type { IncomingMessage, ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { type LoneGateway, startLoneGateway } from '../helpers/lone-gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { refusingPort, startScriptedUpstream } from '../helpers/scripted-upstream.ts';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { startWebSocketUpstream } from '../helpers/websocket-upstream.ts';

async function ask(port: number, head: string, lines: readonly string[] = []): Promise<RawResponse> {
  const client = await RawClient.connect({ port });
  try {
    return await client.write([`${head} HTTP/1.1`, 'Host: a.test', ...lines, '', ''].join('\r\n')).readResponse({ method: head.split(' ', 1)[0] ?? 'GET' });
  } finally {
    client.destroy();
  }
}

interface Staged {
  readonly gateway: LoneGateway;
  readonly clock: ManualClock;
  readonly questions: readonly IncomingMessage[];
  readonly send: (head: string, ...lines: string[]) => Promise<RawResponse>;
}

type Decide = (request: IncomingMessage, response: ServerResponse) => void;

/** A gateway in front of an application that echoes, and a service that decides. `options` stand beside `url`. */
async function stage(t: Test, decide: Decide, options = '', more = ''): Promise<Staged> {
  const questions: IncomingMessage[] = [];
  const [upstream, auth] = await Promise.all([startHttpUpstream(echoRequest), startHttpUpstream((request, response) => {
    questions.push(request);
    decide(request, response);
  })]);
  t.teardown(async () => Promise.all([upstream.close(), auth.close()]));
  const clock = new ManualClock();
  const yaml = `routes: [{ upstream: "${upstream.target}", forwardAuth: { url: "http://${auth.target}/verify", ${options} }${more} }, { path: /open, upstream: "${upstream.target}" }]`;
  const gateway = await startLoneGateway(t, yaml, { clock });
  return { gateway, clock, questions, send: async (head, ...lines) => ask(gateway.port, head, lines) };
}

function headersOf({ text }: RawResponse): Record<string, string> {
  return (JSON.parse(text) as { headers: Record<string, string> }).headers;
}

const YES: Decide = (_request, response) => void response.writeHead(202, { 'X-User': 'anna', 'X-Groups': 'admin,reader', 'X-Other': '1' }).end('ignored');

await t.test('with a yes the request goes on, and the upstream is told what is listed, by nobody else', async (t) => {
  const { gateway, questions, send } = await stage(t, YES, 'forward: [X-User, X-Missing], user: X-User, roles: X-Groups', ', roles: [admin]');
  const good = await send('POST /a?b=1', 'Cookie: s=1', 'X-User: evil', 'x_user: evil', 'X-Missing: evil', 'X-Groups: root', 'Content-Length: 0');
  t.equal(good.status, 200);
  const headers = headersOf(good);
  t.match(headers, { 'x-user': 'anna', 'cookie': 's=1' });
  t.strictSame(Object.keys(headers).filter((name) => /missing|groups|other|x_user/.test(name)), []);
  t.match(gateway.ended[0]?.identity, { kind: 'forwardAuth', name: 'anna', roles: ['admin', 'reader'] });
  t.match(questions[0], { method: 'GET', url: '/verify', headers: { 'cookie': 's=1', 'x-forwarded-method': 'POST', 'x-forwarded-uri': '/a?b=1', 'x-forwarded-host': 'a.test', 'x-forwarded-for': '127.0.0.1' } });
  t.equal(headersOf(await send('GET /open', 'X-User: evil'))['x-user'], undefined, 'on a route that asks nobody, neither');
});

await t.test('401, 403 and redirects are given to the client as they are', async (t) => {
  const { gateway, send } = await stage(t, (request, response) => {
    const status = Number(request.headers.cookie);
    response.writeHead(status, { 'Location': 'https://login.test/?rd=%2Fa', 'Set-Cookie': ['a=1', 'b=2'], 'WWW-Authenticate': 'Basic realm="x"', 'Content-Type': 'text/html', 'X-Internal': '1', 'Connection': 'close' }).end('<p>no</p>');
  });
  for (const status of [401, 403, 302, 307]) {
    const answer = await send('GET /a', `Cookie: ${status}`);
    t.match(answer, { status, text: '<p>no</p>', headers: { 'location': 'https://login.test/?rd=%2Fa', 'set-cookie': 'a=1, b=2', 'www-authenticate': 'Basic realm="x"', 'content-type': 'text/html', 'cache-control': 'no-store', 'x-internal': undefined } }, `${status}`);
    t.match((await send('HEAD /a', `Cookie: ${status}`)).text, '');
  }
  t.strictSame(gateway.ended.filter(({ method }) => method === 'GET').map(({ errorCode }) => errorCode), ['unauthorized', 'forbidden', '', '']);
});

await t.test('threat: whatever is neither a yes nor a no lets nobody in', async (t) => {
  const { gateway, send } = await stage(t, (request, response) => {
    const { cookie = '' } = request.headers;
    if (cookie === 'cut') response.destroy();
    else if (cookie === 'large') response.writeHead(401).end(Buffer.alloc(70_000));
    else response.writeHead(Number(cookie)).end();
  });
  for (const cookie of ['500', '503', '404', '429', '304', '302', 'cut', 'large']) t.match(await send('GET /a', `Cookie: ${cookie}`), { status: 503, headers: { 'retry-after': '5' } }, cookie);
  t.ok(gateway.ended.every(({ errorCode, errorDetail }) => errorCode === 'auth_unavailable' && errorDetail.startsWith('the service that authenticates')));
  const lone = await startLoneGateway(t, `routes: [{ respond: {}, forwardAuth: "http://127.0.0.1:${await refusingPort()}/" }]`);
  t.equal((await ask(lone.port, 'GET /')).status, 503);
});

await t.test('threat: a service that is silent holds nobody longer than its time', async (t) => {
  const auth = await startScriptedUpstream(t);
  const clock = new ManualClock();
  const gateway = await startLoneGateway(t, `routes: [{ respond: {}, forwardAuth: { url: "http://${auth.target}/", timeout: 2s } }]`, { clock });
  const waiting = ask(gateway.port, 'GET /');
  const connection = await auth.accept();
  await connection.readUntil('\r\n\r\n');
  clock.advance(2200);
  t.equal((await waiting).status, 503);
  t.match(gateway.ended[0]?.errorDetail, /did not answer in time/);
  await connection.closed;
});

await t.test('a client that leaves takes its question with it', async (t) => {
  const auth = await startScriptedUpstream(t);
  const gateway = await startLoneGateway(t, `routes: [{ respond: {}, forwardAuth: "http://${auth.target}/" }]`);
  const client = await RawClient.connect({ port: gateway.port });
  client.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n');
  const connection = await auth.accept();
  await connection.readUntil('\r\n\r\n');
  client.destroy();
  await connection.closed;
  await eventually(() => gateway.ended.length === 1);
  t.match(gateway.ended[0], { errorCode: 'client_closed', identity: null });
});

await t.test('a yes is kept for a while where that is said, for the same question alone; a no never is', async (t) => {
  const { clock, questions, send } = await stage(t, (request, response) => {
    if (request.headers.cookie === 's=1') YES(request, response);
    else response.writeHead(401).end();
  }, 'cache: 10s, forward: [X-User]');
  for (const head of ['GET /a', 'GET /a', 'GET /b', 'HEAD /a']) await send(head, 'Cookie: s=1');
  t.equal(questions.length, 3);
  t.equal(headersOf(await send('GET /a', 'Cookie: s=1'))['x-user'], 'anna', 'the upstream is told all the same');
  for (let turn = 0; turn < 2; turn += 1) t.equal((await send('GET /a', 'Cookie: s=2')).status, 401);
  t.equal(questions.length, 5);
  clock.advance(10_000);
  await send('GET /a', 'Cookie: s=1');
  t.equal(questions.length, 6);
});

await t.test('Authorization of a yes goes to the upstream in place of that of the client, on its own route alone', async (t) => {
  const { send } = await stage(t, (_request, response) => void response.writeHead(200, { authorization: 'Bearer inner' }).end(), 'forward: [Authorization]');
  t.equal(headersOf(await send('GET /a', 'Authorization: Basic outer'))['authorization'], 'Bearer inner');
  t.equal(headersOf(await send('GET /open', 'Authorization: Basic outer'))['authorization'], 'Basic outer');
});

await t.test('threat: keys of other policies are not told to the service', async (t) => {
  const { questions, send } = await stage(t, YES, 'headers: [X-API-Key, Cookie]', `, anyOf: [apiKey, forwardAuth], apiKey: { keys: ["a sha256:${'0'.repeat(64)}"], query: k }`);
  t.equal((await send('GET /a?x=1&k=secret', 'Cookie: a=1')).status, 200);
  t.equal((await send('GET /a', 'X-API-Key: secret')).status, 200);
  t.match(questions.map(({ headers }) => [headers['x-forwarded-uri'], headers['x-api-key']]), [['/a?x=1', undefined], ['/a', undefined]]);
});

await t.test('it is asked before an upgrade, and over HTTP/2 in the same way', async (t) => {
  const sockets = await startWebSocketUpstream(t);
  const auth = await startHttpUpstream((request, response) => void response.writeHead(request.headers.cookie === 's=1; t=2' ? 200 : 401, { 'Connection': 'keep-alive', 'Content-Type': 'text/plain' }).end('x'));
  t.teardown(async () => auth.close());
  const gateway = await startLoneGateway(t, `routes: [{ path: /ws, https: both, upstream: "${sockets.target}", forwardAuth: "http://${auth.target}/" }, { path: /h2, respond: { body: ok }, forwardAuth: "http://${auth.target}/" }]`, { https: true });
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
  t.strictSame([(await ask(gateway.port, 'GET /ws', upgrade)).status, (await ask(gateway.port, 'GET /ws', [...upgrade, 'Cookie: s=1; t=2'])).status], [401, 101]);
  t.equal(sockets.requests.length, 1);
  const session = await connectH2(t, gateway.httpsPort, gateway.ca);
  t.match(await requestH2(session, { ':path': '/h2' }), { status: 401, body: Buffer.from('x') });
  t.match(await requestH2(session, { ':path': '/h2', 'cookie': ['s=1', 't=2'] }), { status: 200, body: Buffer.from('ok') });
});

await t.test('threat: a service that lies behind the gateway itself ends in an error, not in a circle', async (t) => {
  const port = await refusingPort();
  const gateway = await startLoneGateway(t, `listen: { http: "127.0.0.1:${port}", admin: off }\nroutes: [{ respond: {}, forwardAuth: "http://127.0.0.1:${port}/" }]`);
  t.equal((await ask(gateway.port, 'GET /')).status, 503);
  t.ok(gateway.begun() < 50, `${gateway.begun()} requests`);
});
