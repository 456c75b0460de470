import t, { type Test } from 'tap';
import { type AnswerHead, headerOf } from '../../src/exchange/answer-head.ts';
import { ChainBuilder } from '../../src/policy/chain.ts';
import { headers } from '../../src/policy/headers.ts';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import { Http2WebSocket } from '../helpers/http2-websocket.ts';
import { type LoneGateway, startLoneGateway } from '../helpers/lone-gateway.ts';
import { ask, policyServices, settingsOf, startPolicy } from '../helpers/policies.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { refusingPort } from '../helpers/scripted-upstream.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { answerWith, echoRequest, startHttpUpstream, startRawUpstream, type TestUpstream } from '../helpers/upstream.ts';
import { startWebSocketUpstream } from '../helpers/websocket-upstream.ts';

type Fields = Readonly<Record<string, string>>;

const CSP = "default-src 'self';base-uri 'self';font-src 'self' https: data:;form-action 'self';frame-ancestors 'self';img-src 'self' data:;object-src 'none';script-src 'self';script-src-attr 'none';style-src 'self' https: 'unsafe-inline'";
const STANDARD = { 'referrer-policy': 'strict-origin-when-cross-origin', 'x-content-type-options': 'nosniff', 'x-frame-options': 'SAMEORIGIN', 'x-permitted-cross-domain-policies': 'none' };
const STRICT = {
  ...STANDARD,
  'content-security-policy': CSP,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-xss-protection': '0',
};
const YEAR = 'max-age=31536000';

/** What every answer has, over HTTP and over HTTPS. */
const PRESETS: Readonly<Record<string, readonly [http: Fields, https: Fields]>> = {
  standard: [STANDARD, { ...STANDARD, 'strict-transport-security': YEAR }],
  strict: [STRICT, { ...STRICT, 'content-security-policy': `${CSP};upgrade-insecure-requests`, 'strict-transport-security': `${YEAR}; includeSubDomains` }],
  api: (() => {
    const plain = { ...STRICT, 'content-security-policy': "default-src 'none';frame-ancestors 'none'", 'x-frame-options': 'DENY' };
    return [plain, { ...plain, 'strict-transport-security': `${YEAR}; includeSubDomains` }] as const;
  })(),
  '{ preset: off }': [{}, {}],
};
const NAMES = new Set([...Object.keys(STRICT), 'strict-transport-security', 'server', 'x-powered-by', 'x-aspnet-version']);

const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n';

/** Every way in which an answer comes about. */
const KINDS: readonly (readonly [line: string, status: number, more?: string])[] = [
  ['GET /app', 200],
  ['HEAD /app', 200],
  ['GET /cached', 304],
  ['OPTIONS /app', 200],
  ['OPTIONS *', 204],
  ['GET /fixed', 200],
  ['GET /away', 308],
  ['GET /none', 404],
  ['POST /fixed', 405],
  ['GET /limited', 429],
  ['GET /broken', 502],
  ['GET /refused', 503],
  ['GET /socket', 503, UPGRADE],
  ['GET /app', 200, UPGRADE],
  ['GET /ws', 101, UPGRADE],
  ['GET /a/../../b', 400],
];

async function startApp(t: Pick<Test, 'teardown'>): Promise<TestUpstream> {
  const app = await startHttpUpstream((request, response) => {
    response.setHeaders(new Map([['Server', 'Werkzeug/3.0'], ['X-Powered-By', 'Express'], ['x-aspnet-version', '4'], ['Connection', 'keep-alive']]));
    response.writeHead(request.url === '/cached' ? 304 : 200).end();
  }, {
    upgrade: (_request, socket) => socket.end('HTTP/1.1 200 OK\r\nServer: ws\r\nContent-Length: 0\r\n\r\n'),
  });
  t.teardown(async () => app.close());
  return app;
}

function securityOf(headers: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => NAMES.has(name)));
}

async function answerTo(options: { readonly port: number; readonly tls?: true }, line: string, more = ''): Promise<{ readonly status: number; readonly headers: Fields }> {
  const client = await RawClient.connect(options);
  const [method = ''] = line.split(' ');
  const response = await client.write(`${line} HTTP/1.1\r\nHost: a.test\r\n${more}\r\n`).readResponse({ method });
  client.destroy();
  return response;
}

for (const [preset, [http, https]] of Object.entries(PRESETS)) {
  await t.test(`the headers of ${preset} are on every answer, whoever makes it and over whatever protocol`, async (t) => {
    const app = await startApp(t);
    const sockets = await startWebSocketUpstream(t);
    const broken = await startRawUpstream(answerWith('no HTTP\r\n\r\n', { end: true }));
    t.teardown(async () => broken.close());
    const gateway = await startLoneGateway(t, `
defaults: { headers: ${preset}, https: both }
routes:
  - { path: [/app, /cached], upstream: "${app.target}" }
  - { path: /fixed, methods: [GET], respond: { body: fixed } }
  - { path: /away, redirect: /there }
  - { path: /limited, respond: {}, rateLimit: 1/day }
  - { path: /broken, upstream: "${broken.target}" }
  - { path: /refused, upstream: "127.0.0.1:${await refusingPort()}" }
  - { path: /socket, upstream: "${sockets.target}", tunnels: 0 }
  - { path: /ws, upstream: "${sockets.target}" }`, { https: true });
    await answerTo({ port: gateway.port }, 'GET /limited');
    for (const [line, status, more] of KINDS) {
      const plain = await answerTo({ port: gateway.port }, line, more);
      t.strictSame([plain.status, securityOf(plain.headers)], [status, http], `${line} ${status} over HTTP`);
      const secure = await answerTo({ port: gateway.httpsPort, tls: true }, line, more);
      t.strictSame([secure.status, securityOf(secure.headers)], [status, https], `${line} ${status} over HTTPS`);
    }
    const session = await connectH2(t, gateway.httpsPort, gateway.ca);
    for (const [line, status] of KINDS.filter(([, , more]) => more === undefined)) {
      const [method = '', path = ''] = line.split(' ');
      const answer = await requestH2(session, { ':method': method, ':path': path, ':authority': 'a.test' });
      t.strictSame([answer.status, securityOf(answer.headers)], [status, https], `${line} ${status} over HTTP/2`);
    }
    for (const [path, status] of [['/ws', 200], ['/socket', 503]] as const) {
      const { head, stream } = await Http2WebSocket.open(session, path, { ':scheme': 'https', ':authority': 'a.test' });
      t.strictSame([head[':status'], securityOf(head)], [status, https], `a WebSocket of HTTP/2: ${status}`);
      stream.close();
    }
  });
}

await t.test('the way to HTTPS has the headers, but says nothing of HTTPS over HTTP', async (t) => {
  const gateway = await startLoneGateway(t, 'defaults: { headers: strict }\nroutes: [{ host: a.test, respond: {} }]', { https: true });
  const { status, headers } = await answerTo({ port: gateway.port }, 'GET /');
  t.strictSame([status, securityOf(headers)], [308, STRICT]);
});

async function said(path: string, options: { readonly port: number; readonly tls?: true }): Promise<unknown[]> {
  const { headers: fields } = await answerTo(options, `GET ${path}`);
  return [fields['strict-transport-security'], fields['x-frame-options'], fields['content-security-policy']];
}

await t.test('no HSTS for localhost: a browser would keep to it for whatever else runs there', async (t) => {
  const phases = await startPolicy(headers, 'headers: strict');
  for (const [host, has] of [['a.test', true], ['localhost', false], ['app.localhost', false], ['notlocalhost', true]] as const) {
    const { exchange } = sampleExchange({ secure: true });
    exchange.host = host;
    const head: AnswerHead = { status: 200, statusText: '', headers: [], contentLength: 0, hasTrailers: false, isUpstreams: true };
    phases.onAnswer?.(exchange, head);
    t.equal(headerOf(head.headers, 'strict-transport-security') !== null, has, host);
    t.not(headerOf(head.headers, 'content-security-policy'), null);
  }
});

await t.test("threat: an upstream's own HSTS does not go over plain HTTP, and its DENY is not weakened", async (t) => {
  const app = await startHttpUpstream((_request, response) => void response.writeHead(200, { 'Strict-Transport-Security': 'max-age=1', 'X-FRAME-OPTIONS': 'DENY', 'Content-Security-Policy': "default-src 'nonce-1'" }).end());
  t.teardown(async () => app.close());
  const gateway = await startLoneGateway(t, `
routes:
  - { path: /standard, https: both, upstream: "${app.target}" }
  - { path: /strict, https: both, upstream: "${app.target}", headers: strict }
  - { path: /nonce, https: both, upstream: "${app.target}", headers: { preset: strict, keepUpstream: Content-Security-Policy } }
  - { path: /off, https: both, upstream: "${app.target}", headers: off }`, { https: true });
  const [plain, secure] = [{ port: gateway.port }, { port: gateway.httpsPort, tls: true }] as const;
  t.strictSame(await said('/standard', plain), [undefined, 'DENY', "default-src 'nonce-1'"]);
  t.strictSame(await said('/standard', secure), ['max-age=1', 'DENY', "default-src 'nonce-1'"]);
  t.strictSame(await said('/strict', plain), [undefined, 'SAMEORIGIN', CSP]);
  t.strictSame(await said('/strict', secure), [`${YEAR}; includeSubDomains`, 'SAMEORIGIN', `${CSP};upgrade-insecure-requests`]);
  t.strictSame(await said('/nonce', secure), [`${YEAR}; includeSubDomains`, 'SAMEORIGIN', "default-src 'nonce-1'"]);
  t.strictSame(await said('/off', plain), ['max-age=1', 'DENY', "default-src 'nonce-1'"]);
});

await t.test('what upstreams run on is told to nobody, unless that is wished', async (t) => {
  const app = await startApp(t);
  const gateway = await startLoneGateway(t, `
routes:
  - { path: /hidden, upstream: "${app.target}" }
  - { path: /shown, upstream: "${app.target}", headers: { hideSoftware: false } }
  - { path: /some, upstream: "${app.target}", headers: { keepUpstream: [server] } }
  - { path: /ours, respond: { headers: { Server: ours } } }`);
  const servers = await Promise.all(['/hidden', '/shown', '/some', '/ours'].map(async (path) => {
    const { headers } = await answerTo({ port: gateway.port }, `GET ${path}`);
    return [headers['server'], headers['x-powered-by']];
  }));
  t.strictSame(servers, [[undefined, undefined], ['Werkzeug/3.0', 'Express'], ['Werkzeug/3.0', undefined], ['ours', undefined]]);
});

await t.test('headers of answers are set, added and removed before any preset, on our own answers too', async (t) => {
  const app = await startHttpUpstream((_request, response) => void response.writeHead(200, { 'X-Debug': '1', 'Link': '</a>', 'cache-control': 'public' }).end());
  t.teardown(async () => app.close());
  const gateway = await startLoneGateway(t, `
defaults: { headers: { response: { set: { Cache-Control: no-store, X-Frame-Options: DENY }, add: { Link: </b> }, remove: [x-debug, Referrer-Policy] } } }
routes: [{ path: /app, upstream: "${app.target}" }, { path: /csp, respond: { headers: { Content-Security-Policy: "default-src x" } }, headers: strict }]`);
  for (const [path, link] of [['/app', '</a>, </b>'], ['/none', '</b>']] as const) {
    const { headers } = await answerTo({ port: gateway.port }, `GET ${path}`);
    t.match(headers, { 'cache-control': 'no-store', 'x-frame-options': 'DENY', 'link': link, 'x-content-type-options': 'nosniff', 'x-debug': undefined, 'referrer-policy': undefined }, path);
  }
  const { headers } = await answerTo({ port: gateway.port }, 'GET /csp');
  t.match(headers, { 'content-security-policy': 'default-src x' }, 'what a route answers itself is meant');
});

await t.test('a name of a file that is not ASCII can be said, before the length as Node wants it', async (t) => {
  const app = await startApp(t);
  const gateway = await startLoneGateway(t, `
defaults: { headers: { response: { set: { Content-Disposition: 'attachment; filename="caf\u00e9.txt"', X-A: caf\u00e9 } } } }
routes: [{ path: /app, upstream: "${app.target}" }, { path: /fixed, respond: { body: fixed } }]`);
  for (const path of ['/app', '/fixed', '/none']) {
    const { headers } = await answerTo({ port: gateway.port }, `GET ${path}`);
    t.match(headers, { 'content-disposition': 'attachment; filename="caf\u00e9.txt"', 'x-a': 'caf\u00e9' }, path);
  }
});

async function startEcho(t: Pick<Test, 'teardown'>, options: string): Promise<LoneGateway> {
  const echo = await startHttpUpstream(echoRequest);
  t.teardown(async () => echo.close());
  return startLoneGateway(t, `routes: [{ upstream: "${echo.target}", headers: { request: ${options} } }]`);
}

async function received(gateway: LoneGateway, lines: string): Promise<Readonly<Record<string, unknown>>> {
  const client = await RawClient.connect({ port: gateway.port });
  const { text } = await client.write(`GET / HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n`).readResponse();
  client.destroy();
  return (JSON.parse(text) as { headers: Readonly<Record<string, unknown>> }).headers;
}

await t.test('threat: what a route says to its upstream cannot be said by the client, under no alias', async (t) => {
  const gateway = await startEcho(t, '{ set: { X-Tenant: shop }, add: { X-Via-Us: "yes" }, remove: [Accept-Encoding] }');
  const headers = await received(gateway, 'x-tenant: evil\r\nX_Tenant: evil\r\nX-Via-Us: client\r\nAccept-Encoding: gzip\r\nAccept: */*\r\n');
  t.match(headers, { 'x-tenant': 'shop', 'x-via-us': 'client, yes', 'accept': '*/*', 'accept-encoding': undefined, 'x_tenant': undefined });
});

await t.test('what the request is told comes beside what others tell', async (t) => {
  const phases = await startPolicy(headers, 'headers: { request: { set: { X-A: a }, add: { X-B: [b, c] } } }');
  const { exchange } = await ask(phases, { change: { addedHeaders: ['X-Client-Verify', 'NONE'] } });
  t.strictSame(exchange.addedHeaders, ['X-Client-Verify', 'NONE', 'X-A', 'a', 'X-B', 'b', 'X-B', 'c']);
  t.strictSame((await startPolicy(headers, '')).onRequest, undefined, 'who says nothing costs nothing');
});

await t.test('ten thousand routes with the same settings share what was worked out once', async (t) => {
  const chains = new ChainBuilder(policyServices());
  t.teardown(async () => chains.close());
  const settings = settingsOf('headers: strict');
  const made = await Promise.all(Array.from({ length: 10_000 }, async (_, i) => chains.chainOf({ id: String(i), settings })));
  t.equal(new Set(made.map(({ shaper }) => shaper)).size, 1);
});
