import t, { type Test } from 'tap';
import { connectH2, requestH2 } from '../helpers/h2-client.ts';
import type { TestGateway } from '../helpers/gateway.ts';
import { RawClient } from '../helpers/raw-client.ts';
import type { RawResponse } from '../helpers/raw-response.ts';
import { RawHttp2Client, type Http2Field } from '../helpers/raw-http2.ts';
import { OK, startRecordingUpstream, type RecordedRequest, type RecordingUpstream, type Respond } from '../helpers/recording-upstream.ts';
import { shareGateway } from '../helpers/shared-gateway.ts';

interface Scene {
  readonly upstream: RecordingUpstream;
  readonly gateway: TestGateway;
  /** Sends a GET with these lines beside Host, on a new connection. */
  ask(lines: string, method?: string): Promise<RawResponse>;
  /** The same, and the request that the upstream got. */
  forward(lines: string): Promise<RecordedRequest>;
}

interface StageOptions {
  readonly respond?: Respond;
  /** Top-level keys, as YAML. */
  readonly keys?: string;
}

const configure = await shareGateway(t, { https: true });

async function stage(t: Test, { respond = OK, keys = '' }: StageOptions = {}): Promise<Scene> {
  const upstream = await startRecordingUpstream(t, respond);
  const gateway = await configure(`${keys}\ndefaults: { https: both }\nroutes: [{ upstream: "${upstream.target}" }]`);
  const ask: Scene['ask'] = async (lines, method = 'GET') => {
    const client = await RawClient.connect({ port: gateway.httpPort });
    try {
      return await client.write(`${method} /x HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n`).readResponse({ method });
    } finally {
      client.destroy();
    }
  };
  const forward: Scene['forward'] = async (lines) => {
    const { length } = upstream.seen;
    const { status } = await ask(lines);
    const request = upstream.seen[length];
    if (status !== 200 || request === undefined) throw new Error(`${status} and not forwarded: ${lines}`);
    return request;
  };
  return { upstream, gateway, ask, forward };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** What the gateway says about a client that is a stranger, whatever that client said. */
function checkOurs(t: Test, request: RecordedRequest, name: string): void {
  const said = {
    'x-forwarded-for': '127.0.0.1', 'x-real-ip': '127.0.0.1', 'x-forwarded-proto': 'http', 'x-forwarded-host': 'a.test',
    'x-forwarded-port': '80', 'forwarded': 'for=127.0.0.1;host="a.test";proto=http', 'host': 'a.test',
  };
  for (const [header, value] of Object.entries(said)) t.equal(request.header(header), value, `${name}: ${header}`);
  t.match(request.header('x-request-id'), UUID, `${name}: x-request-id`);
}

const CLAIMS: readonly string[] = [
  'X-Forwarded-For: 6.6.6.6', 'X-Forwarded-Host: evil.test', 'X-Forwarded-Proto: https', 'X-Forwarded-Port: 443', 'X-Forwarded-Prefix: /evil',
  'X-Forwarded-Server: evil.test', 'X-Forwarded-Scheme: https', 'X-Forwarded-Ssl: on', 'X-Forwarded-By: 6.6.6.6', 'X-Real-IP: 6.6.6.6', 'X-Client-IP: 6.6.6.6',
  'Forwarded: for=6.6.6.6;host=evil.test;proto=https', 'X-Request-Id: evil', 'X-Original-URL: /evil', 'X-Rewrite-URL: /evil',
];

function write(lines: readonly string[]): string {
  return lines.map((line) => `${line}\r\n`).join('');
}

function many(count: number): string {
  return write(Array.from({ length: count }, (_, i) => `X-${i}: 1`));
}

await t.test('a stranger cannot say where he comes from, to whom he speaks, or what the request is called', async (t) => {
  const scene = await stage(t);
  const spoofs: Readonly<Record<string, string>> = {
    'as everybody writes them': write(CLAIMS),
    'twice': write([...CLAIMS, ...CLAIMS]),
    'in lower case': write(CLAIMS.map((line) => line.toLowerCase())),
    'in mixed case': write(CLAIMS.map((line) => line.replace(/^[^:]+/, (name) => Array.from(name, (letter, i) => (i % 2 === 0 ? letter.toLowerCase() : letter.toUpperCase())).join('')))),
    'with underscores': write(CLAIMS.map((line) => line.replace(/^[^:]+/, (name) => name.replaceAll('-', '_')))),
    'with dots, which PHP takes for underscores': write(CLAIMS.map((line) => line.replace(/^[^:]+/, (name) => name.replaceAll('-', '.')))),
    'with one underscore': write(CLAIMS.map((line) => line.replace(/^[^:]+/, (name) => name.replace('-', '_')))),
    'with the last hyphen an underscore': write(CLAIMS.map((line) => line.replace(/-(?=[^-:]*:)/, '_'))),
    'and listed in Connection': write([...CLAIMS, `Connection: ${CLAIMS.map((line) => line.split(':')[0]).join(', ')}`]),
  };
  for (const [name, lines] of Object.entries(spoofs)) {
    const request = await scene.forward(lines);
    checkOurs(t, request, name);
    t.notMatch(JSON.stringify(request.headers), /evil|6\.6\.6\.6|"(?:on|443|https)"/, name);
    t.notOk(request.headers.some(([header]) => /[_.]/.test(header)), `${name}: no alias`);
    const names = request.headers.map(([header]) => header.toLowerCase());
    t.equal(new Set(names).size, names.length, `${name}: nothing twice`);
  }
});

await t.test('what Connection lists is not carried, but what we add cannot be listed away', async (t) => {
  const scene = await stage(t);
  const ours = 'X-Forwarded-For, x-forwarded-proto,X-Forwarded-Host , X-Forwarded-Port, X-Real-IP, Forwarded, Via, X-Request-Id, Host, Content-Length';
  const forms: readonly string[] = [
    `Connection: close, ${ours}\r\n`,
    `Connection: ${ours}\r\n`,
    `Connection: keep-alive\r\nConnection: ${ours}\r\n`,
    `connection:\t${ours.toUpperCase()}\t\r\n`,
    `Connection: ,,${ours},,\r\n`,
  ];
  for (const form of forms) {
    const request = await scene.forward(form);
    checkOurs(t, request, form);
    t.equal(request.header('via'), '1.1 sluice', form);
    t.equal(request.header('connection'), undefined, form);
  }
  const request = await scene.forward('Connection: X-Secret, x-other\r\nX-Secret: 1\r\nX-OTHER: 2\r\nX-Kept: 3\r\n');
  t.strictSame([request.header('x-secret'), request.header('x-other'), request.header('x-kept')], [undefined, undefined, '3']);
});

await t.test('a body keeps its framing when Connection lists Content-Length', async (t) => {
  const scene = await stage(t);
  const client = await RawClient.connect({ port: scene.gateway.httpPort });
  t.teardown(() => client.destroy());
  client.write('POST /x HTTP/1.1\r\nHost: a.test\r\nConnection: Content-Length, Transfer-Encoding, Host\r\nContent-Length: 3\r\n\r\nabc');
  t.equal((await client.readResponse()).status, 200);
  t.strictSame(scene.upstream.seen.map(({ body }) => body), ['abc']);
});

await t.test('hop-by-hop headers end here, those of the request', async (t) => {
  const scene = await stage(t);
  const request = await scene.forward(
    'Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic x\r\nTE: gzip, deflate\r\nTrailer: X-A\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nConnection: keep-alive\r\nAuthorization: Bearer y\r\n',
  );
  for (const name of ['keep-alive', 'proxy-connection', 'proxy-authorization', 'te', 'trailer', 'upgrade', 'http2-settings', 'connection', 'transfer-encoding']) {
    t.equal(request.header(name), undefined, name);
  }
  t.equal(request.header('authorization'), 'Bearer y', 'what is for the service passes');
});

await t.test('hop-by-hop headers end here, those of the answer, over HTTP/1.1 and HTTP/2', async (t) => {
  const fields = 'Connection: keep-alive, X-Secret, X-Other\r\nKeep-Alive: timeout=999\r\nProxy-Connection: keep-alive\r\nProxy-Authenticate: Basic\r\nTE: trailers\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nX-Secret: 1\r\nx-other: 2\r\nX-Kept: 3\r\n';
  const scene = await stage(t, { respond: (_request, socket) => void socket.write(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`) });
  const answer = await scene.ask('');
  t.equal(answer.headers['connection'], 'keep-alive', 'our own');
  t.notMatch(answer.headers['keep-alive'] ?? '', '999');
  const session = await connectH2(t, scene.gateway.httpsPort, scene.gateway.ca);
  const { headers, status } = await requestH2(session, { ':path': '/x' });
  t.equal(status, 200);
  for (const name of ['proxy-connection', 'proxy-authenticate', 'te', 'upgrade', 'http2-settings', 'x-secret', 'x-other']) {
    t.equal(answer.headers[name], undefined, name);
    t.equal(headers[name], undefined, `${name} over HTTP/2`);
  }
  t.strictSame([answer.headers['x-kept'], headers['x-kept']], ['3', '3']);
});

await t.test('an upstream cannot list away what frames or protects its answer', async (t) => {
  const scene = await stage(t, { respond: (_request, socket) => void socket.write('HTTP/1.1 200 OK\r\nConnection: Content-Length, Date\r\nContent-Length: 2\r\n\r\nok') });
  const answer = await scene.ask('');
  t.equal(answer.text, 'ok');
  t.ok(answer.headers['content-length'] === '2' || answer.headers['transfer-encoding'] === 'chunked');
  t.ok(answer.headers['date']);
});

await t.test('a trusted proxy is believed, and what it said is added to, not replaced', async (t) => {
  const scene = await stage(t, { keys: 'trustedProxies: [127.0.0.0/8, 10.0.0.0/8]' });
  const request = await scene.forward(
    'X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\nX-Forwarded-For: 10.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.test\r\nX-Forwarded-Port: 8443\r\nForwarded: for=203.0.113.9\r\nX-Request-Id: abc-1\r\nX-Real-IP: 6.6.6.6\r\nVia: 1.1 front\r\n',
  );
  t.strictSame(
    ['x-forwarded-for', 'x-real-ip', 'x-forwarded-proto', 'x-forwarded-host', 'x-forwarded-port', 'x-request-id', 'via', 'forwarded'].map((name) => request.header(name)),
    ['6.6.6.6, 203.0.113.9, 10.1.1.1, 127.0.0.1', '203.0.113.9', 'https', 'shop.test', '8443', 'abc-1', '1.1 front, 1.1 sluice', 'for=203.0.113.9, for=127.0.0.1;host="a.test";proto=https'],
  );
  const odd = await scene.forward('X-Forwarded-For: nobody, "x"\r\nX-Forwarded-Proto: javascript\r\nX-Request-Id: a b\r\nX_Forwarded_For: 6.6.6.6\r\n');
  t.equal(odd.header('x-real-ip'), '127.0.0.1', 'an entry that is no address');
  t.equal(odd.header('x-forwarded-proto'), 'http', 'a scheme that is none');
  t.match(odd.header('x-request-id'), UUID, 'an id with a blank');
  t.equal(odd.header('x_forwarded_for'), undefined, 'an alias is nobody\'s to set');
});

await t.test('CR, LF and NUL have no way in', async (t) => {
  const scene = await stage(t);
  for (const lines of ['X-A: 1\rX-B: 2\r\n', 'X-A: 1\nX-B: 2\r\n', 'X-A: 1\0\r\n', 'X\0-A: 1\r\n', 'X-A\r: 1\r\n', 'X-A\n: 1\r\n', 'X A: 1\r\n', 'X-A: 1\r\n X-B: 2\r\n', 'X-A: \x01\r\n', 'X-A: \x7f\r\n', 'X(A): 1\r\n', 'X-\xe4: 1\r\n']) {
    t.equal((await scene.ask(lines)).status, 400, JSON.stringify(lines));
  }
  t.strictSame(scene.upstream.seen, []);
  const latin1 = await scene.forward('X-A: \xe4\tb\r\n');
  t.equal(latin1.header('x-a'), '\xe4\tb', 'bytes above ASCII and tabs pass as they are');
});

await t.test('too many and too large headers are refused with 431 before a route is looked for', async (t) => {
  const scene = await stage(t, { keys: 'listen: { http: "127.0.0.1:0", https: "127.0.0.1:0", admin: off, limits: { headers: 20, headerSize: 4KB } }' });
  t.equal((await scene.ask(many(19))).status, 200, 'with Host, exactly as many as are allowed');
  t.equal((await scene.ask(many(20))).status, 431);
  t.equal((await scene.ask('X: 1\r\n'.repeat(20))).status, 431, 'the same name counts each time');
  t.equal((await scene.ask(`X: ${'x'.repeat(5000)}\r\n`)).status, 431);
  t.equal((await scene.ask(`${'x'.repeat(5000)}: 1\r\n`)).status, 431);
  const fields: Http2Field[] = [[':method', 'GET'], [':scheme', 'https'], [':path', '/x'], [':authority', 'a.test']];
  for (const extra of [Array.from({ length: 21 }, (_, i): Http2Field => [`x-${i}`, '1']), [['x', 'x'.repeat(5000)] as const]]) {
    const client = await RawHttp2Client.connect(scene.gateway.httpsPort);
    client.headers(1, [...fields, ...extra]);
    t.equal(await client.outcome(1), 431, 'HTTP/2');
    client.destroy();
  }
  t.equal(scene.upstream.seen.length, 1);
});

await t.test('TRACE, CONNECT and methods that are none are refused', async (t) => {
  const scene = await stage(t);
  t.equal((await scene.ask('', 'TRACE')).status, 405);
  for (const bytes of ['CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n', `CONNECT ${scene.upstream.target} HTTP/1.1\r\nHost: a.test\r\n\r\n`, 'CONNECT /x HTTP/1.1\r\nHost: a.test\r\n\r\n']) {
    const client = (await RawClient.connect({ port: scene.gateway.httpPort })).write(`${bytes}GET /tunnelled HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    const answer = await client.readToEnd();
    t.match(answer, /^HTTP\/1\.1 40[05] /);
    t.equal(answer.match(/^HTTP\/1\.1 /gm)?.length, 1, 'one answer, and no tunnel');
  }
  t.equal((await scene.ask('', 'FOO')).status, 400);
  for (const method of ['TRACE', 'trace', 'get', 'FOO', 'CONNECT']) {
    const client = await RawHttp2Client.connect(scene.gateway.httpsPort);
    const fields: readonly Http2Field[] = [[':method', method], [':authority', 'a.test'], ...(method === 'CONNECT' ? [] : [[':scheme', 'https'], [':path', '/x']] as const)];
    client.headers(1, fields);
    t.equal(await client.outcome(1), 405, `HTTP/2 ${method}`);
    client.destroy();
  }
  t.strictSame(scene.upstream.seen, []);
});

await t.test('HTTP/2: headers of a connection, names in upper case and bytes that end a line are refused or fall away', async (t) => {
  const scene = await stage(t);
  const fields: readonly Http2Field[] = [[':method', 'GET'], [':scheme', 'https'], [':path', '/x'], [':authority', 'a.test']];
  const ask = async (...extra: readonly Http2Field[]): Promise<number | 'reset'> => {
    const client = await RawHttp2Client.connect(scene.gateway.httpsPort);
    try {
      return await client.headers(1, [...fields, ...extra]).outcome(1);
    } finally {
      client.destroy();
    }
  };
  for (const [name, value] of [['connection', 'x-a'], ['keep-alive', '1'], ['proxy-connection', '1'], ['transfer-encoding', 'chunked'], ['upgrade', 'h2c'], ['te', 'gzip'], ['X-A', '1'], [':status', '200'], [':path', '/y'], [':odd', '1']] as const) {
    t.equal(await ask([name, value]), 'reset', `${name}: ${value}`);
  }
  t.strictSame(scene.upstream.seen, []);
  for (const [name, value] of [['x-a', '1\r\nX-B: 2'], ['x-a', '1\nX-B: 2'], ['x-a', '1\0'], ['x-a\r\nx-b', '1'], ['x-a: 1', '1'], ['x a', '1'], ['cookie', 'a=1\r\nX-B: 2']] as const) {
    t.equal(await ask([name, value]), 200, JSON.stringify([name, value]));
  }
  t.notMatch(scene.upstream.bytes, /x-b|x.a:|cookie/i);
  t.equal(await ask(['x_forwarded_for', '6.6.6.6'], ['x-real-ip', '6.6.6.6'], ['forwarded', 'for=6.6.6.6']), 200);
  t.notMatch(scene.upstream.bytes, '6.6.6.6');
});

await t.test('a cookie in crumbs is one line for the upstream', async (t) => {
  const scene = await stage(t);
  const session = await connectH2(t, scene.gateway.httpsPort, scene.gateway.ca);
  await requestH2(session, { ':path': '/x', 'cookie': ['a=1', 'b=2', 'c=3'] });
  t.strictSame(scene.upstream.seen[0]?.headers.filter(([name]) => name.toLowerCase() === 'cookie').map(([, value]) => value), ['a=1; b=2; c=3']);
  const request = await scene.forward('Cookie: a=1\r\ncookie: b=2\r\n');
  t.strictSame(request.headers.filter(([name]) => name.toLowerCase() === 'cookie').map(([, value]) => value), ['a=1; b=2']);
});

await t.test('two Authorization headers are refused: the gateway and the upstream could each believe another one', async (t) => {
  const scene = await stage(t);
  t.equal((await scene.ask('Authorization: Bearer a\r\nauthorization: Bearer b\r\n')).status, 400);
  t.strictSame(scene.upstream.seen, []);
});

await t.test('an error answer repeats nothing of the request', async (t) => {
  const scene = await stage(t);
  for (const lines of ['Accept: text/html\r\nX-Request-Id: <script>\r\nExpect: <script>\r\n', 'Accept: text/html\r\nTransfer-Encoding: <script>\r\n']) {
    const answer = await scene.ask(lines);
    t.ok(answer.status >= 400);
    t.notMatch(JSON.stringify([answer.rawHeaders, answer.text]), /script/);
  }
});

await t.test('what an upstream writes into its answer stays where it wrote it', async (t) => {
  const fields = 'X-Long: a%0d%0aSet-Cookie: x=1\r\nLocation: /x%0D%0ASet-Cookie:y=2\r\nX-Latin: \xe4\xff\r\nSet-Cookie: one=1\r\nSet-Cookie: two=2\r\nX-Empty:\r\n';
  const scene = await stage(t, { respond: (_request, socket) => void socket.write(`HTTP/1.1 200 O\xffK\r\n${fields}Content-Length: 2\r\n\r\nok`, 'latin1') });
  const answer = await scene.ask('');
  t.strictSame(answer.rawHeaders.filter(([name]) => name === 'Set-Cookie').map(([, value]) => value), ['one=1', 'two=2']);
  t.strictSame([answer.headers['x-latin'], answer.headers['x-empty'], answer.headers['location']], ['\xe4\xff', '', '/x%0D%0ASet-Cookie:y=2']);
  const session = await connectH2(t, scene.gateway.httpsPort, scene.gateway.ca);
  const { headers } = await requestH2(session, { ':path': '/x' });
  t.strictSame(headers['set-cookie'], ['one=1', 'two=2']);
});
