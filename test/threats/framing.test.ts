import t, { type Test } from 'tap';
import { answerOf, connectH2, requestH2 } from '../helpers/h2-client.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { RawHttp2Client, type Http2Field } from '../helpers/raw-http2.ts';
import { OK, startRecordingUpstream, type RecordingUpstream, type Respond } from '../helpers/recording-upstream.ts';
import { shareGateway } from '../helpers/shared-gateway.ts';
import { startRawUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';

const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: a.test\r\n\r\n';

interface Scene {
  readonly upstream: RecordingUpstream;
  readonly port: number;
  readonly httpsPort: number;
  readonly ca: string;
  connect(): Promise<RawClient>;
}

const configure = await shareGateway(t, { https: true });

async function stage(t: Test, respond: Respond = OK): Promise<Scene> {
  const upstream = await startRecordingUpstream(t, respond);
  const gateway = await configure(`defaults: { https: both }\nroutes: [{ upstream: "${upstream.target}" }]`);
  const connect = async (): Promise<RawClient> => {
    const client = await RawClient.connect({ port: gateway.httpPort });
    t.teardown(() => client.destroy());
    return client;
  };
  return { upstream, port: gateway.httpPort, httpsPort: gateway.httpsPort, ca: gateway.ca, connect };
}

/** What came before has gone through when this has: all of it took the same way. */
async function passes(scene: Scene, path: string): Promise<void> {
  const client = (await scene.connect()).write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  await client.readResponse();
  client.destroy();
}

function targets({ seen }: RecordingUpstream): string[] {
  return seen.map(({ target }) => target);
}

function post(fields: string, body = ''): string {
  return `POST /first HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n\r\n${body}${SMUGGLED}`;
}

function get(fields: string): string {
  return `GET /first HTTP/1.1\r\nHost: a.test\r\n${fields}\r\n\r\n${SMUGGLED}`;
}

function chunks(body: string): string {
  return post('Transfer-Encoding: chunked', body);
}

const REFUSED: Readonly<Record<string, string>> = {
  'Content-Length before Transfer-Encoding': post('Content-Length: 4\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
  'Transfer-Encoding before Content-Length': post('Transfer-Encoding: chunked\r\nContent-Length: 5', '0\r\n\r\n'),
  'two equal Content-Length': post('Content-Length: 0\r\nContent-Length: 0'),
  'two different Content-Length': post('Content-Length: 0\r\nContent-Length: 41', SMUGGLED),
  'two Content-Length in different case': post('Content-Length: 0\r\ncontent-length: 41', SMUGGLED),
  'a list of equal lengths': post('Content-Length: 5, 5', 'hello'),
  'a length with a plus': post('Content-Length: +5', 'hello'),
  'a negative length': post('Content-Length: -5', 'hello'),
  'a hexadecimal length': post('Content-Length: 0x5', 'hello'),
  'a length with a blank inside': post('Content-Length: 5 5', 'hello'),
  'an empty length': post('Content-Length:', 'hello'),
  'a length with a fraction': post('Content-Length: 5.0', 'hello'),
  'a length that is no exact number': post('Content-Length: 9007199254740993', 'hello'),
  'a length that overflows 64 bits': post('Content-Length: 18446744073709551621', 'hello'),
  'an unknown coding': post('Transfer-Encoding: xchunked', '0\r\n\r\n'),
  'identity after chunked': post('Transfer-Encoding: chunked, identity', '0\r\n\r\n'),
  'a coding before chunked': post('Transfer-Encoding: gzip, chunked', '0\r\n\r\n'),
  'identity alone': post('Transfer-Encoding: identity'),
  'chunked twice': post('Transfer-Encoding: chunked, chunked', '0\r\n\r\n'),
  'two Transfer-Encoding': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
  'two Transfer-Encoding that differ': post('Transfer-Encoding: identity\r\nTransfer-Encoding: chunked', '0\r\n\r\n'),
  'a quoted coding': post('Transfer-Encoding: "chunked"', '0\r\n\r\n'),
  'chunked with a parameter': post('Transfer-Encoding: chunked;q=1', '0\r\n\r\n'),
  'an empty list member before chunked': post('Transfer-Encoding: ,chunked', '0\r\n\r\n'),
  'an empty Transfer-Encoding': post('Transfer-Encoding:'),
  'an empty Transfer-Encoding beside a length': post('Content-Length: 5\r\nTransfer-Encoding:', 'hello'),
  'a blank before the colon': post('Transfer-Encoding : chunked', '0\r\n\r\n'),
  'a tab before the colon': post('Transfer-Encoding\t: chunked', '0\r\n\r\n'),
  'VT before the colon': post('Transfer-Encoding\x0b: chunked', '0\r\n\r\n'),
  'VT before the value': post('Transfer-Encoding:\x0bchunked', '0\r\n\r\n'),
  'a tab after chunked': post('Transfer-Encoding: chunked\t', '0\r\n\r\n'),
  'a name after a blank': post(' Transfer-Encoding: chunked', '0\r\n\r\n'),
  'a folded value': post('Transfer-Encoding:\r\n chunked', '0\r\n\r\n'),
  'a folded line that hides a name': post('X-A: 1\r\n Transfer-Encoding: chunked', '0\r\n\r\n'),
  'no name': post(': chunked', '0\r\n\r\n'),
  'no colon': post('Transfer-Encoding', '0\r\n\r\n'),
  'NUL in a name': post('Transfer-\0Encoding: chunked', '0\r\n\r\n'),
  'NUL in a value': post('Transfer-Encoding: chunked\0', '0\r\n\r\n'),
  'Transfer-Encoding in HTTP/1.0': `POST /first HTTP/1.0\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'Transfer-Encoding in HTTP/1.0 that stays open': `POST /first HTTP/1.0\r\nHost: a.test\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'a bare LF after the request line': `GET /first HTTP/1.1\nHost: a.test\r\n\r\n${SMUGGLED}`,
  'a bare LF after a field': `GET /first HTTP/1.1\r\nHost: a.test\nX-A: 1\r\n\r\n${SMUGGLED}`,
  'a bare LF for the empty line': `GET /first HTTP/1.1\r\nHost: a.test\r\n\n${SMUGGLED}`,
  'a bare CR in a value': get('X-A: 1\rTransfer-Encoding: chunked'),
  'a bare CR for the empty line': `GET /first HTTP/1.1\r\nHost: a.test\r\n\r${SMUGGLED}`,
  'HTTP/0.9': `GET /first HTTP/0.9\r\nHost: a.test\r\n\r\n${SMUGGLED}`,
  'no version': `GET /first\r\nHost: a.test\r\n\r\n${SMUGGLED}`,
  'HTTP/2.0 in a request line': `GET /first HTTP/2.0\r\nHost: a.test\r\n\r\n${SMUGGLED}`,
  'HTTP/1.2': `GET /first HTTP/1.2\r\nHost: a.test\r\n\r\n${SMUGGLED}`,
  'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'a lower-case method': `get /first HTTP/1.1\r\nHost: a.test\r\n\r\n${SMUGGLED}`,
  'a tab in the request line': `GET\t/first HTTP/1.1\r\nHost: a.test\r\n\r\n${SMUGGLED}`,
  'a negative chunk size': chunks('-1\r\na\r\n0\r\n\r\n'),
  'a chunk size with 0x': chunks('0x1\r\na\r\n0\r\n\r\n'),
  'a chunk size with a blank': chunks('1 \r\na\r\n0\r\n\r\n'),
  'an empty chunk size': chunks('\r\na\r\n0\r\n\r\n'),
  'a chunk size that overflows': chunks('10000000000000001\r\na\r\n0\r\n\r\n'),
  'a bare LF after a chunk size': chunks('1\na\r\n0\r\n\r\n'),
  'a bare LF after chunk data': chunks('1\r\na\n0\r\n\r\n'),
  'a bare LF in a chunk extension': chunks('1;a\na\r\n0\r\n\r\n'),
  'a bare CR in a chunk extension': chunks('1;a\rb\r\na\r\n0\r\n\r\n'),
  'a chunk that is longer than its size': chunks('1\r\nab\r\n0\r\n\r\n'),
  'chunk extensions of 20 KB': chunks(`1;a=${'x'.repeat(20_000)}\r\na\r\n0\r\n\r\n`),
  'a trailer that frames': chunks('0\r\nContent-Length: 5\r\n\r\n'),
  'a trailer that frames anew': chunks('0\r\nTransfer-Encoding: chunked\r\n\r\n'),
  'a trailer without a colon': chunks('0\r\nX-A\r\n\r\n'),
  'a trailer whose name is no token': chunks('0\r\nX A: 1\r\n\r\n'),
  'a folded trailer': chunks('0\r\nX-A: 1\r\n 2\r\n\r\n'),
  'a bare LF after a trailer': chunks('0\r\nX-A: 1\n\r\n'),
  'NUL in a trailer': chunks('0\r\nX-A: \0\r\n\r\n'),
};

await t.test('a request whose end is in doubt is refused, its connection closed, and nothing behind it reaches the upstream', async (t) => {
  const scene = await stage(t);
  for (const [name, bytes] of Object.entries(REFUSED)) {
    const client = (await scene.connect()).write(bytes);
    const answer = await client.readResponse();
    t.equal(answer.status, 400, name);
    t.equal(answer.headers['connection'], 'close', `${name}: the connection closes`);
    t.equal(await client.readToEnd(), '', `${name}: nothing follows`);
  }
  await passes(scene, '/after');
  t.strictSame(targets(scene.upstream), ['/after']);
  t.notMatch(scene.upstream.bytes, 'smuggled');
});

await t.test('nothing of it gets through either when every octet comes in a read of its own', async (t) => {
  const scene = await stage(t);
  const names = ['Content-Length before Transfer-Encoding', 'VT before the colon', 'a bare LF for the empty line', 'a bare LF after chunk data', 'a trailer that frames'];
  for (const name of names) {
    const client = await scene.connect();
    for (const octet of REFUSED[name] ?? '') {
      if (client.error !== null || client.received.length > 0) break;
      await new Promise<void>((resolve) => client.socket.write(octet, 'latin1', () => setImmediate(resolve)));
    }
    await client.closed;
    t.notMatch(client.received.toString('latin1'), /^HTTP\/1\.1 [235]/, name);
  }
  await passes(scene, '/after');
  t.strictSame(targets(scene.upstream), ['/after']);
});

await t.test('headers and trailers above the limit are refused with 431, and nothing behind them is read', async (t) => {
  const scene = await stage(t);
  const large = `X-A: ${'x'.repeat(40_000)}`;
  for (const bytes of [get(large), chunks(`0\r\n${large}\r\n\r\n`), `GET /${'x'.repeat(40_000)} HTTP/1.1\r\nHost: a.test\r\n\r\n${SMUGGLED}`]) {
    const client = (await scene.connect()).write(bytes);
    t.equal((await client.readResponse()).status, 431);
    t.equal(await client.readToEnd(), '');
  }
  await passes(scene, '/after');
  t.strictSame(targets(scene.upstream), ['/after']);
});

await t.test('what may be written in several ways reaches the upstream in one', async (t) => {
  const scene = await stage(t);
  const cases: readonly (readonly [name: string, bytes: string, framing: RegExp, body: string])[] = [
    ['names and values in any case', 'POST /x HTTP/1.1\r\nhOST: a.test\r\ntRANSFER-eNCODING: ChUnKeD\r\n\r\n3\r\nabc\r\n0\r\n\r\n', /\r\nTransfer-Encoding: chunked\r\n/, 'abc'],
    ['zeros before a length', 'POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0003\r\n\r\nabc', /\r\nContent-Length: 3\r\n/, 'abc'],
    ['blanks around a length', 'POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: \t3 \r\n\r\nabc', /\r\nContent-Length: 3\r\n/, 'abc'],
    ['an underscore in place of the hyphen', 'POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0\r\nContent_Length: 3\r\nTransfer_Encoding: chunked\r\n\r\n', /\r\nContent-Length: 0\r\n/, ''],
    ['no length', 'POST /x HTTP/1.1\r\nHost: a.test\r\n\r\n', /\r\nContent-Length: 0\r\n/, ''],
    ['empty lines before the request', '\r\n\r\nGET /x HTTP/1.1\r\nHost: a.test\r\n\r\n', /^GET \/x HTTP\/1\.1\r\n/, ''],
    ['chunk extensions', 'POST /x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b;c="d"\r\nabc\r\n0;e\r\n\r\n', /\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/, 'abc'],
    ['zeros before a chunk size', 'POST /x HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n0003\r\nabc\r\n000\r\n\r\n', /\r\n\r\n3\r\nabc\r\n0\r\n\r\n$/, 'abc'],
    ['HTTP/1.0 with a length', 'POST /x HTTP/1.0\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc', /^POST \/x HTTP\/1\.1\r\n.*Content-Length: 3\r\n/s, 'abc'],
  ];
  for (const [name, bytes, framing, body] of cases) {
    const [from, count] = [scene.upstream.bytes.length, scene.upstream.seen.length];
    const client = (await scene.connect()).write(bytes);
    t.equal((await client.readResponse()).status, 200, name);
    client.destroy();
    const sent = scene.upstream.bytes.slice(from);
    t.match(sent, framing, name);
    t.equal(sent.match(/content.length|transfer.encoding/gi)?.length ?? 0, sent.startsWith('GET') ? 0 : 1, `${name}: framed once`);
    t.strictSame(scene.upstream.seen.slice(count).map((request) => request.body), [body], name);
  }
});

await t.test('a body of a GET passes as a body, and the next request of the pipeline as a request', async (t) => {
  const scene = await stage(t);
  const framed = [`Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`, `Transfer-Encoding: chunked\r\n\r\n${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`];
  for (const body of framed) {
    const client = (await scene.connect()).write(`GET /first HTTP/1.1\r\nHost: a.test\r\n${body}GET /second HTTP/1.1\r\nHost: a.test\r\n\r\n`);
    t.equal((await client.readResponse()).status, 200);
    t.equal((await client.readResponse()).status, 200);
    client.destroy();
  }
  t.strictSame(targets(scene.upstream).toSorted(), ['/first', '/first', '/second', '/second']);
  t.strictSame(scene.upstream.seen.filter(({ target }) => target === '/first').map(({ body }) => body), [SMUGGLED, SMUGGLED]);
});

await t.test('trailers of a request do not pass, whatever they claim', async (t) => {
  const scene = await stage(t);
  const client = (await scene.connect()).write(
    'POST /first HTTP/1.1\r\nHost: a.test\r\nTE: trailers\r\nTrailer: X-Forwarded-For\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nHost: evil.test\r\nX-Forwarded-For: 6.6.6.6\r\nAuthorization: x\r\n\r\n'
    + 'GET /second HTTP/1.1\r\nHost: a.test\r\n\r\n',
  );
  t.equal((await client.readResponse()).status, 200);
  t.equal((await client.readResponse()).status, 200);
  t.strictSame(targets(scene.upstream), ['/first', '/second']);
  t.notMatch(scene.upstream.bytes, /evil|6\.6\.6\.6|authorization|^trailer:/im);
});

await t.test('Expect: only 100-continue is known, and a body that was not asked for is not taken for a request', async (t) => {
  const scene = await stage(t, (request, socket) => void socket.write(request.target === '/first' ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok' : '', 'latin1'));
  for (const value of ['200-ok', '100-continue, x', '100-continue;a', '""']) {
    const client = (await scene.connect()).write(`POST /odd HTTP/1.1\r\nHost: a.test\r\nExpect: ${value}\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`);
    t.equal((await client.readResponse()).status, 417, value);
    client.destroy();
  }
  const old = (await scene.connect()).write('POST /first HTTP/1.0\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc');
  t.equal((await old.readResponse()).status, 200, 'HTTP/1.0 knows no 100');
  const bodyless = (await scene.connect()).write('POST /first HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n');
  t.equal((await bodyless.readResponse()).status, 200, 'without a body there is nothing to wait for');
  t.strictSame(targets(scene.upstream), ['/first', '/first']);
  t.notMatch(scene.upstream.bytes, /expect/i);
});

await t.test('an upstream that refuses before it has the body of a 100-continue gets no second request on that connection', async (t) => {
  let asked = 0;
  const upstream = await startRawUpstream((socket) => {
    socket.on('data', () => void socket.write(asked++ === 0 ? 'HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno' : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  });
  t.teardown(async () => upstream.close());
  const gateway = await configure(`defaults: { https: both }\nroutes: [{ upstream: "${upstream.target}" }]`);
  const client = await RawClient.connect({ port: gateway.httpPort });
  client.write(`POST / HTTP/1.1\r\nHost: a.test\r\nExpect: 100-continue\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n`);
  const answer = await client.readResponse();
  t.equal(answer.status, 401);
  t.equal(answer.headers['connection'], 'close', 'whether the body still comes cannot be known');
  client.write(SMUGGLED);
  t.equal(await client.readToEnd(), '');
  const second = await RawClient.connect({ port: gateway.httpPort });
  t.teardown(() => second.destroy());
  t.equal((await second.write('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n').readResponse()).status, 200);
  t.equal(upstream.connections, 3, 'with the question of the reload whether it is there');
});

await t.test('after an answer that came before the body, the rest of the body is no request', async (t) => {
  let early = true;
  const upstream = await startRawUpstream((socket) => {
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (early || received.includes('/second')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      early = false;
    });
  });
  let received = '';
  t.teardown(async () => upstream.close());
  const gateway = await configure(`defaults: { https: both }\nroutes: [{ upstream: "${upstream.target}" }]`);
  const client = await RawClient.connect({ port: gateway.httpPort });
  t.teardown(() => client.destroy());
  client.write(`POST /first HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n`);
  t.equal((await client.readResponse()).headers['connection'], 'keep-alive', 'a short rest can be waited for');
  client.write(`${SMUGGLED}GET /second HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  t.equal((await client.readResponse()).status, 200);
  t.match(received, 'GET /second');
  t.notMatch(received, 'smuggled');
  t.equal(upstream.connections, 3, 'beside that of the reload: the upstream still waits for that body on its connection, which is not used again');
  early = true;
  client.write('POST /third HTTP/1.1\r\nHost: a.test\r\nContent-Length: 100000\r\n\r\n');
  t.equal((await client.readResponse()).headers['connection'], 'close', 'a long rest is not');
  client.write(SMUGGLED);
  t.equal(await client.readToEnd(), '');
  t.notMatch(received, 'smuggled');
});

await t.test('what cannot be read behind a request does not take that request its answer', async (t) => {
  const scene = await stage(t);
  const cases: Readonly<Record<string, string>> = {
    'bytes that are no HTTP': '\x16\x03\x01 no HTTP\r\n\r\n',
    'a request in doubt': REFUSED['Content-Length before Transfer-Encoding'] ?? '',
    'half a request': 'GET /half HTTP/1.1\r\nHo st: ',
  };
  for (const [name, rest] of Object.entries(cases)) {
    const client = (await scene.connect()).write(`GET /whole HTTP/1.1\r\nHost: a.test\r\n\r\n${rest}`);
    const answer = await client.readResponse();
    t.equal(answer.status, 200, name);
    t.equal(answer.headers['connection'], 'close', name);
    t.equal(await client.readToEnd(), '', name);
  }
  const client = (await scene.connect()).write(`GET /last HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n${SMUGGLED}`);
  t.equal((await client.readResponse()).status, 200, 'a request behind the one that closes');
  t.equal(await client.readToEnd(), '');
  t.strictSame(targets(scene.upstream), ['/whole', '/whole', '/whole', '/last']);
});

await t.test('an error in a pipeline is not written into the answer that is on its way', async (t) => {
  const scene = await stage(t, ({ target }, socket) => {
    if (target === '/slow') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegun');
  });
  const client = (await scene.connect()).write('GET /slow HTTP/1.1\r\nHost: a.test\r\n\r\n');
  await client.readUntil('begun');
  client.write('POST /broken HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n');
  t.equal(await client.readToEnd(), '', 'cut without another byte');
});

await t.test('behind an upgrade that is not to be, nothing is lost without a word: the connection closes', async (t) => {
  const scene = await stage(t);
  const cases: readonly (readonly [string, string])[] = [
    ['h2c', 'GET /first HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n'],
    ['TLS', 'OPTIONS /first HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: TLS/1.0\r\n\r\n'],
    ['an upgrade with a body', 'GET /first HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 3\r\n\r\nabc'],
    ['an upgrade of a POST', 'POST /first HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
  ];
  for (const [name, bytes] of cases) {
    const client = (await scene.connect()).write(`${bytes}${SMUGGLED}`);
    const answer = await client.readResponse();
    t.equal(answer.status, 200, name);
    t.equal(answer.headers['connection'], 'close', name);
    t.equal(await client.readToEnd(), '', name);
  }
  t.strictSame(targets(scene.upstream), ['/first', '/first', '/first', '/first']);
  t.notMatch(scene.upstream.bytes, /upgrade|http2-settings/i);
});

const H2: readonly Http2Field[] = [[':method', 'POST'], [':scheme', 'https'], [':path', '/first'], [':authority', 'a.test']];

await t.test('HTTP/2: a length that the body does not have, or a coding of HTTP/1.1, is refused', async (t) => {
  const scene = await stage(t);
  const cases: readonly (readonly [name: string, fields: readonly Http2Field[], body: string | null])[] = [
    ['a body behind a length of 0', [['content-length', '0']], SMUGGLED],
    ['a body that is longer', [['content-length', '5']], `hello${SMUGGLED}`],
    ['a body that is shorter', [['content-length', '50']], 'hello'],
    ['no body at all', [['content-length', '50']], null],
    ['two lengths', [['content-length', '5'], ['content-length', '5']], 'hello'],
    ['a length with a plus', [['content-length', '+5']], 'hello'],
    ['Transfer-Encoding', [['transfer-encoding', 'chunked']], `0\r\n\r\n${SMUGGLED}`],
  ];
  for (const [name, fields, body] of cases) {
    const client = await RawHttp2Client.connect(scene.httpsPort);
    client.headers(1, [...H2, ...fields], { end: body === null });
    if (body !== null) client.data(1, body);
    t.equal(await client.outcome(1), 'reset', name);
    client.destroy();
  }
  await passes(scene, '/after');
  t.notOk(scene.upstream.seen.some(({ body }) => body !== ''));
  t.notMatch(scene.upstream.bytes, /smuggled|transfer-encoding/i);
});

await t.test('HTTP/2: a body that was broken off does not look whole to the upstream', async (t) => {
  const scene = await stage(t);
  for (const code of [0, 2, 8]) {
    const from = scene.upstream.bytes.length;
    const client = await RawHttp2Client.connect(scene.httpsPort);
    client.headers(1, H2, { end: false }).data(1, `part ${code}`, { end: false });
    await eventually(() => scene.upstream.bytes.slice(from).includes(`part ${code}\r\n`));
    const { open } = scene.upstream;
    client.reset(1, code);
    await eventually(() => scene.upstream.open < open);
    t.notMatch(scene.upstream.bytes.slice(from), '\r\n0\r\n', `RST_STREAM with code ${code}`);
    client.destroy();
  }
  t.strictSame(targets(scene.upstream), []);
});

await t.test('HTTP/2: a WebSocket that announces a body cannot make the upstream take the next request for it', async (t) => {
  const scene = await stage(t);
  const client = await RawHttp2Client.connect(scene.httpsPort);
  const length = String('GET /second HTTP/1.1\r\n'.length);
  const fields: readonly Http2Field[] = [[':method', 'CONNECT'], [':protocol', 'websocket'], [':scheme', 'https'], [':path', '/first'], [':authority', 'a.test']];
  client.headers(1, [...fields, ['sec-websocket-version', '13'], ['content-length', length]], { end: false });
  t.equal(await client.outcome(1), 200, 'the upstream does not want to');
  client.destroy();
  const session = await connectH2(t, scene.httpsPort, scene.ca);
  t.equal((await requestH2(session, { ':path': '/second' })).status, 200);
  t.strictSame(targets(scene.upstream), ['/first', '/second']);
});

await t.test('HTTP/2: a body of unknown length is framed by us', async (t) => {
  const scene = await stage(t);
  const session = await connectH2(t, scene.httpsPort, scene.ca);
  const stream = session.request({ ':method': 'POST', ':path': '/first' });
  stream.end(SMUGGLED);
  t.equal((await answerOf(stream)).status, 200);
  t.strictSame(scene.upstream.seen.map(({ target, body }) => [target, body]), [['/first', SMUGGLED]]);
});
