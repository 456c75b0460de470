import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { WebSocket } from 'ws';
import { startGateway } from '../helpers/gateway.ts';
import { GZIPPED, startKitchenSink, TEXT } from '../helpers/kitchen-sink.ts';
import { agentClient, curlClient, fetchClient, http2Client, type PlainAnswer, type PlainClient, type PlainRequest } from '../helpers/plain-clients.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { requireService } from '../helpers/service.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { startFastifyApp, startHttpUpstream, startRawUpstream } from '../helpers/upstream.ts';

const sink = await startKitchenSink();
const app = await startFastifyApp();
/** What the raw upstream answers, whatever it is asked. */
let rawAnswer = '';
const raw = await startRawUpstream((socket) => void socket.on('data', () => socket.write(rawAnswer, 'latin1')));
const gateway = await startGateway(t, `
defaults: { https: both }
routes:
  - { upstream: "${sink.target}" }
  - { path: /app/*, stripPrefix: /app, upstream: "${app.target}" }
  - { path: /raw, upstream: "${raw.target}" }
`, { https: true });
t.teardown(async () => Promise.all([sink.close(), app.close(), raw.close()]));

const origin = `http://127.0.0.1:${gateway.httpPort}`;
const secureOrigin = `https://127.0.0.1:${gateway.httpsPort}`;

const CLIENTS: readonly (readonly [name: string, client: PlainClient | null])[] = [
  ['node:http with a keep-alive Agent', agentClient(t, gateway.httpPort)],
  ['fetch', fetchClient(gateway.httpPort)],
  ['node:http2', http2Client(t, gateway.httpsPort, gateway.ca)],
  ['curl', curlClient(origin, ['--http1.1'])],
  ['curl over HTTP/2', curlClient(secureOrigin, ['--http2', '--insecure'])],
];

type Expected = Omit<Partial<PlainAnswer>, 'body'> & { readonly body?: string | Buffer };
const textLength = String(TEXT.length);

const EXCHANGES: readonly (readonly [what: string, request: PlainRequest, answer: Expected])[] = [
  ['GET of text', { path: '/etag' }, { status: 200, headers: { etag: '"v1"' }, body: TEXT }],
  ['HEAD has the headers of GET and no body', { method: 'HEAD', path: '/range' }, { status: 200, headers: { 'accept-ranges': 'bytes' }, body: '' }],
  ['304 for an ETag that is still right', { path: '/etag', headers: { 'if-none-match': '"v1"' } }, { status: 304, headers: { etag: '"v1"', 'cache-control': 'max-age=60' }, body: '' }],
  ['206 for a range', { path: '/range', headers: { range: 'bytes=4-8' } }, { status: 206, headers: { 'content-range': `bytes 4-8/${textLength}` }, body: 'quick' }],
  ['204', { method: 'DELETE', path: '/no-content' }, { status: 204, body: '' }],
  ['205', { method: 'POST', path: '/reset-content' }, { status: 205, body: '' }],
  ['a status with a reason of its own', { path: '/teapot' }, { status: 418, body: 'tea' }],
  ['an empty body', { path: '/empty' }, { status: 200, body: '' }],
  ['a body in chunks', { path: '/chunks' }, { status: 200, body: TEXT }],
  ['several cookies', { path: '/cookies' }, { status: 200, headers: { 'set-cookie': 'a=1; Path=/, b=2; HttpOnly' } }],
  ['early hints before the answer', { path: '/hints' }, { status: 200, body: 'done' }],
  ['a big header', { path: '/big-header' }, { status: 200, headers: { 'x-big': 'b'.repeat(12_000) }, body: 'big' }],
  ['trailers', { path: '/trailers' }, { status: 200, body: TEXT }],
];

function checkAnswer(t: { match: typeof import('tap').match; ok: typeof import('tap').ok }, what: string, answer: PlainAnswer, expected: Expected): void {
  t.match({ status: answer.status, headers: answer.headers }, { status: expected.status ?? 200, headers: expected.headers ?? {} }, what);
  if (expected.body !== undefined) t.ok(answer.body.equals(Buffer.from(expected.body)), `${what}: the body`);
}

for (const [name, client] of CLIENTS) {
  await t.test(`${name} gets every kind of answer as the upstream gave it`, async (t) => {
    if (client === null) return void requireService(t, 'curl');
    for (const [what, request, expected] of EXCHANGES) checkAnswer(t, what, await client(request), expected);
  });

  await t.test(`${name} gets its requests through as they are`, async (t) => {
    if (client === null) return void requireService(t, 'curl');
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const body = method === 'GET' ? undefined : `content of ${method}`;
      const headers = { 'x-one': 'first', 'content-type': 'text/plain', 'x-big': 'h'.repeat(8000) };
      const url = '/a%20b/%C3%BC;v=1?q=1&q=2&empty=&enc=%2F%26&plus=a+b';
      const { body: echoed } = await client({ method, path: url, headers, ...(body === undefined ? {} : { body }) });
      const seen = JSON.parse(echoed.toString()) as Record<string, unknown>;
      t.match(seen, { method, url, headers, body: body ?? '' });
    }
    const { body: echoed } = await client({ method: 'POST', path: '/nothing', body: '' });
    t.match(JSON.parse(echoed.toString()), { method: 'POST', headers: { 'content-length': '0' }, body: '' });
  });

  await t.test(`${name} uses an application made with Fastify`, async (t) => {
    if (client === null) return void requireService(t, 'curl');
    checkAnswer(t, 'JSON', await client({ path: '/app/json' }), { body: '{"hello":"world"}' });
    const json = JSON.stringify({ text: 'grüße', list: [1, 2] });
    checkAnswer(t, 'JSON posted', await client({ method: 'POST', path: '/app/json', headers: { 'content-type': 'application/json' }, body: json }), { body: json });
    checkAnswer(t, 'not found', await client({ path: '/app/nowhere' }), { status: 404 });
    const events = await client({ path: '/app/events?count=3' });
    t.equal(events.body.toString(), 'id: 1\ndata: event 1\n\nid: 2\ndata: event 2\n\nid: 3\ndata: event 3\n\n');
    const text = 'u'.repeat(300_000);
    const upload = await client({ method: 'POST', path: '/app/upload', headers: { 'content-type': 'application/octet-stream' }, body: text.slice(0, 100_000) });
    t.match(JSON.parse(upload.body.toString()), { bytes: 100_000, sha256: createHash('sha256').update(text.slice(0, 100_000)).digest('hex') });
    const download = await client({ path: '/app/download/3000000' });
    t.equal(createHash('sha256').update(download.body).digest('hex'), download.headers['x-sha256']);
  });
}

await t.test('a WebSocket reaches an application made with Fastify', async (t) => {
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.httpPort}/app/ws`, 'echo');
  await once(socket, 'open');
  socket.send('hello');
  t.equal(String((await once(socket, 'message'))[0]), 'hello');
  t.equal(socket.protocol, 'echo');
  socket.close();
  await once(socket, 'close');
});

await t.test('compressed bodies are left as they are', async (t) => {
  const [response] = (await once(http.get(`${origin}/gzip`, { headers: { 'accept-encoding': 'gzip' }, agent: false }), 'response')) as [http.IncomingMessage];
  t.match(response.headers, { 'content-encoding': 'gzip', 'vary': 'Accept-Encoding' });
  t.ok(Buffer.concat(await response.toArray() as Buffer[]).equals(GZIPPED));
  t.equal(await (await fetch(`${origin}/gzip`)).text(), TEXT, 'and a client that can read them does');
});

await t.test('early hints arrive before the answer, over both protocols', async (t) => {
  const hints: http.InformationEvent[] = [];
  const request = http.get(`${origin}/hints`, { agent: false });
  request.on('information', (information) => hints.push(information));
  await once(request, 'response');
  t.match(hints, [{ statusCode: 103, rawHeaders: ['Link', '</a.css>; rel=preload, </b.js>; rel=preload'] }]);
  const session = http2.connect(secureOrigin, { ca: gateway.ca });
  t.teardown(() => session.destroy());
  const stream = session.request({ ':path': '/hints' });
  const [informational] = (await once(stream, 'headers')) as [http2.IncomingHttpHeaders];
  t.match(informational, { ':status': 103, 'link': '</a.css>; rel=preload, </b.js>; rel=preload' });
  t.equal((await stream.setEncoding('utf8').toArray()).join(''), 'done');
});

await t.test('trailers arrive behind the body, over both protocols', async (t) => {
  const [response] = (await once(http.get(`${origin}/trailers`, { agent: false }), 'response')) as [http.IncomingMessage];
  t.equal(response.headers.trailer, 'X-Checksum');
  t.equal((await response.setEncoding('utf8').toArray()).join(''), TEXT);
  t.strictSame(response.rawTrailers, ['X-Checksum', 'abc']);
  const session = http2.connect(secureOrigin, { ca: gateway.ca });
  t.teardown(() => session.destroy());
  const stream = session.request({ ':path': '/trailers' });
  const trailers = once(stream, 'trailers') as Promise<[http2.IncomingHttpHeaders]>;
  stream.resume();
  t.match((await trailers)[0], { 'x-checksum': 'abc' });
  rawAnswer = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Part: a\r\nX-Part: b\r\nETag: "1"\r\nETag: "2"\r\n\r\n';
  const repeated = session.request({ ':path': '/raw' });
  const both = once(repeated, 'trailers') as Promise<[http2.IncomingHttpHeaders, number, string[]]>;
  repeated.resume();
  t.strictSame((await both)[2].slice(0, 8), ['x-part', 'a', 'x-part', 'b', 'etag', '"1"', 'etag', '"2"'], 'each of a name given twice');
});

await t.test('trailers that are announced and cannot follow do no harm', async (t) => {
  rawAnswer = 'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 1\r\n\r\n';
  const old = await RawClient.connect({ port: gateway.httpPort });
  old.write('GET /raw HTTP/1.0\r\nHost: a\r\n\r\n');
  t.match(await old.readResponse(), { status: 200, text: 'hi' }, 'to HTTP/1.0');
  const client = await RawClient.connect({ port: gateway.httpPort });
  rawAnswer = 'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Length: 2\r\n\r\nhi';
  client.write('GET /raw HTTP/1.1\r\nHost: a\r\n\r\n');
  t.match(await client.readResponse(), { status: 200, text: 'hi' }, 'beside a Content-Length');
  rawAnswer = 'HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n';
  client.write('HEAD /raw HTTP/1.1\r\nHost: a\r\n\r\n');
  t.match(await client.readResponse({ method: 'HEAD' }), { status: 200 }, 'to HEAD');
  client.destroy();
});

await t.test('header values pass byte for byte, whatever their bytes', async (t) => {
  const utf8 = '\xc3\xbc\xe6\x97\xa5';
  const fields = [
    ['Content-Length', '2'],
    ['X-Latin', 'caf\xe9'],
    ['X-Utf8', utf8],
    ['Content-Disposition', `attachment; filename="${utf8}.txt"`],
    ['X-Last', 'caf\xe9'],
  ] as const;
  rawAnswer = `HTTP/1.1 200 \xdcber\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\nhi`;
  const client = await RawClient.connect({ port: gateway.httpPort });
  client.write('GET /raw HTTP/1.1\r\nHost: a\r\n\r\n');
  const { rawHeaders, reason } = await client.readResponse();
  t.equal(reason, '\xdcber');
  for (const field of fields) t.strictSame(rawHeaders.find(([name]) => name === field[0]), field, field[0]);
  client.write(`GET /echo HTTP/1.1\r\nHost: a\r\nX-Latin: caf\xe9\r\nX-Utf8: ${utf8}\r\n\r\n`);
  t.match(JSON.parse((await client.readResponse()).text), { headers: { 'x-latin': 'caf\xe9', 'x-utf8': utf8 } }, 'of requests too');
  client.destroy();
  const session = http2.connect(secureOrigin, { ca: gateway.ca });
  t.teardown(() => session.destroy());
  const stream = session.request({ ':path': '/raw' });
  const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders];
  for (const [name, value] of fields) t.equal(head[name.toLowerCase()], value, `${name} over HTTP/2`);
});

await t.test('a header that an upstream repeats in error passes over both protocols', async (t) => {
  rawAnswer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Content-Type-Options: nosniff\r\nX-Content-Type-Options: nosniff\r\nETag: "1"\r\nETag: "1"\r\n\r\nhi';
  const client = await RawClient.connect({ port: gateway.httpPort });
  client.write('GET /raw HTTP/1.1\r\nHost: a\r\n\r\n');
  t.match(await client.readResponse(), { headers: { 'x-content-type-options': 'nosniff, nosniff', 'etag': '"1", "1"' } });
  client.destroy();
  const answer = await http2Client(t, gateway.httpsPort, gateway.ca)({ path: '/raw' });
  checkAnswer(t, 'over HTTP/2', answer, { headers: { 'x-content-type-options': 'nosniff', 'etag': '"1"' }, body: 'hi' });
});

await t.test('a status above 599 passes over HTTP/1.1, and is an error over HTTP/2, which cannot say it', async (t) => {
  rawAnswer = 'HTTP/1.1 999 Request Denied\r\nContent-Length: 2\r\n\r\nno';
  const client = await RawClient.connect({ port: gateway.httpPort });
  client.write('GET /raw HTTP/1.1\r\nHost: a\r\n\r\n');
  t.match(await client.readResponse(), { status: 999, reason: 'Request Denied', text: 'no' });
  client.destroy();
  const answer = await http2Client(t, gateway.httpsPort, gateway.ca)({ path: '/raw' });
  t.match({ status: answer.status, problem: JSON.parse(answer.body.toString()) as unknown }, { status: 502, problem: { code: 'upstream_bad_response' } });
});

await t.test('an interim answer may have any field name', async (t) => {
  rawAnswer = 'HTTP/1.1 103 Early Hints\r\nconstructor: a\r\n__proto__: b\r\nconstructor: c\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
  const client = await RawClient.connect({ port: gateway.httpPort });
  client.write('GET /raw HTTP/1.1\r\nHost: a\r\n\r\n');
  t.strictSame((await client.readResponse()).rawHeaders, [['constructor', 'a'], ['__proto__', 'b'], ['constructor', 'c']]);
  t.match(await client.readResponse(), { status: 200, text: 'hi' });
  client.destroy();
  const session = http2.connect(secureOrigin, { ca: gateway.ca });
  t.teardown(() => session.destroy());
  const stream = session.request({ ':path': '/raw' });
  const [, , fields] = (await once(stream, 'headers')) as [unknown, number, string[]];
  t.strictSame(fields.slice(2), ['constructor', 'a', 'constructor', 'c', '__proto__', 'b']);
  t.equal((await stream.setEncoding('utf8').toArray()).join(''), 'hi');
});

await t.test('an HTTP/1.0 client gets an answer it understands', async (t) => {
  const client = await RawClient.connect({ port: gateway.httpPort });
  client.write('GET /chunks HTTP/1.0\r\n\r\n');
  const response = await client.readResponse();
  t.equal(response.headers['transfer-encoding'], undefined);
  t.match(response, { status: 200, text: TEXT });
  await client.closed;
  const keepAlive = await RawClient.connect({ port: gateway.httpPort });
  for (let i = 1; i <= 2; i++) {
    keepAlive.write('GET /range HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
    t.match(await keepAlive.readResponse(), { status: 200, headers: { connection: 'keep-alive' }, text: TEXT });
  }
  keepAlive.destroy();
});

await t.test('a body that ends with its connection arrives whole, and one that is cut is never taken for whole', async (t) => {
  const content = 'z'.repeat(100_000);
  const upstream = await startRawUpstream((socket) => socket.once('data', (head) => {
    if (head.toString().startsWith('GET /whole')) socket.end(`HTTP/1.0 200 OK\r\n\r\n${content}`);
    else socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n${content}`, () => socket.resetAndDestroy());
  }));
  t.teardown(async () => upstream.close());
  const { httpPort, httpsPort, ca } = await startGateway(t, `routes: [{ upstream: "${upstream.target}", https: both }]`, { https: true });
  for (const client of [agentClient(t, httpPort), fetchClient(httpPort), http2Client(t, httpsPort, ca)]) {
    t.equal((await client({ path: '/whole' })).body.toString(), content);
    await t.rejects(client({ path: '/cut' }));
  }
});

await t.test('cookies that HTTP/2 carries apart arrive as one, and the authority as Host', async (t) => {
  const session = http2.connect(secureOrigin, { ca: gateway.ca });
  t.teardown(() => session.destroy());
  const stream = session.request({ ':path': '/echo', 'cookie': ['a=1', 'b=2'] });
  const { headers } = JSON.parse((await stream.setEncoding('utf8').toArray()).join('')) as { headers: http.IncomingHttpHeaders };
  t.match(headers, { cookie: 'a=1; b=2', host: `127.0.0.1:${gateway.httpsPort}` });
});

await t.test('ten requests sent at once are answered in their order', async (t) => {
  const upstream = await startHttpUpstream((request, response) => {
    // The first answers come last.
    setTimeout(() => response.end(request.url?.slice(1).repeat(20_000)), 50 - 5 * Number(request.url?.slice(1)));
  });
  t.teardown(async () => upstream.close());
  const { httpPort } = await startGateway(t, `routes: [{ upstream: "${upstream.target}" }]`);
  const client = await RawClient.connect({ port: httpPort });
  client.write(Array.from({ length: 10 }, (_, n) => `GET /${n} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
  for (let n = 0; n < 10; n++) t.equal((await client.readResponse()).text, String(n).repeat(20_000));
  t.equal(upstream.connections, 1, 'and worked on one after the other');
  client.destroy();
});

await t.test('a connection to the upstream serves one request after the other', async (t) => {
  const upstream = await startHttpUpstream((request, response) => void request.resume().on('end', () => response.end('fine')));
  t.teardown(async () => upstream.close());
  const { httpPort } = await startGateway(t, `routes: [{ upstream: "${upstream.target}" }]`);
  const client = agentClient(t, httpPort);
  for (const request of [{ path: '/' }, { path: '/', method: 'HEAD' }, { path: '/', method: 'POST', body: 'x'.repeat(100_000) }, { path: '/' }]) {
    t.equal((await client(request)).status, 200);
  }
  t.match(upstream, { requests: 4, connections: 1 });
});

await t.test('a client that closes each connection costs the upstream none', async (t) => {
  const upstream = await startHttpUpstream((_request, response) => void response.end('fine'));
  t.teardown(async () => upstream.close());
  const { httpPort } = await startGateway(t, `routes: [{ upstream: "${upstream.target}" }]`);
  for (let i = 0; i < 5; i++) {
    const client = await RawClient.connect({ port: httpPort });
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    t.match(await client.readToEnd(), /\r\nConnection: close\r\n(.*\r\n)*\r\nfine$/);
  }
  t.match(upstream, { requests: 5, connections: 1 });
});

await t.test('curl uploads a file that it announces with Expect: 100-continue', async (t) => {
  const curl = requireService(t, 'curl');
  if (curl === null) return;
  const content = randomBytes(3 * 1024 * 1024);
  const file = path.join(tempDir(t), 'upload');
  writeFileSync(file, content);
  const expected = { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  const common = ['-sS', '-v', '--noproxy', '*', '-H', 'Content-Type: application/octet-stream', '-H', 'Expect: 100-continue', '--expect100-timeout', '20'];
  const ways = {
    'with its length': ['--data-binary', `@${file}`, `${origin}/app/upload`],
    'in chunks': ['-H', 'Transfer-Encoding: chunked', '--data-binary', `@${file}`, `${origin}/app/upload`],
    'over HTTP/2': ['--insecure', '--http2', '--data-binary', `@${file}`, `${secureOrigin}/app/upload`],
  };
  for (const [way, options] of Object.entries(ways)) {
    const { stdout, stderr } = await promisify(execFile)(curl, [...common, ...options]);
    t.strictSame(JSON.parse(stdout), expected, way);
    if (way !== 'over HTTP/2') t.match(stderr, /< HTTP\/1\.1 100 Continue/, 'and is told to go on');
  }
});

await t.test('an upstream that refuses an announced body spares the client sending it', async (t) => {
  rawAnswer = 'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!';
  const client = await RawClient.connect({ port: gateway.httpPort });
  client.write('POST /raw HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\n\r\n');
  t.match(await client.readResponse(), { status: 413, text: 'no!', headers: { connection: 'close' } });
  await client.closed;
});
