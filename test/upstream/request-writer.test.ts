import { Readable } from 'node:stream';
import t from 'tap';
import { Trace } from '../../src/observe/traces/trace.ts';
import { authorityOf } from '../../src/upstream/client-fields.ts';
import { requestHead } from '../../src/upstream/request-writer.ts';
import { sampleExchange, type SampleRequest } from '../helpers/sample-exchange.ts';

interface Written {
  readonly first: string;
  /** Lines after the first, without the two empty ones. */
  readonly lines: readonly string[];
}

function write(request: SampleRequest, change: object = {}, keepAlive = true): Written {
  const { exchange } = sampleExchange(request);
  Object.assign(exchange, { id: 'the-id', host: 'a.test', path: '/a', clientAddress: '192.0.2.1' }, change);
  const text = requestHead(exchange, { path: exchange.path, host: authorityOf(exchange), keepAlive, trace: null });
  if (!text.endsWith('\r\n\r\n')) throw new Error('the head does not end');
  const [first = '', ...lines] = text.slice(0, -4).split('\r\n');
  return { first, lines };
}

function framing({ lines }: Written): string[] {
  return lines.filter((line) => /^(?:Content-Length|Transfer-Encoding|Expect):/.test(line));
}

function connection({ lines }: Written): string[] {
  return lines.filter((line) => /^(?:Connection|Upgrade|TE):/.test(line));
}

function bodyOf(): Readable {
  return new Readable({ read: () => undefined });
}

await t.test('the trace is told by us, and what the client said of it is not: not even Connection can take ours away', async (t) => {
  const { exchange } = sampleExchange({ headers: ['Host', 'a', 'traceparent', 'theirs', 'TraceState', 'theirs', 'Connection', 'traceparent, tracestate'] });
  const start = { member: 'm', host: 'm', port: 1, secure: false, isH2: false, path: '/', startMs: 0 };
  const lines = (state: string): readonly string[] => {
    const trace = new Trace('0af7651916cd43dd8448eb211c80319c', '', 3, state, false).begin(start);
    const text = requestHead(exchange, { path: '/', host: 'a', keepAlive: true, trace });
    return text.split('\r\n').filter((line) => /^trace/i.test(line)).map((line) => line.replace(trace.spanId, 'SPAN'));
  };
  t.strictSame(lines(''), ['traceparent: 00-0af7651916cd43dd8448eb211c80319c-SPAN-03']);
  t.strictSame(lines('congo=1'), ['traceparent: 00-0af7651916cd43dd8448eb211c80319c-SPAN-03', 'tracestate: congo=1']);
});

await t.test('the request line is the canonical path, and Host comes first', async (t) => {
  const { first, lines } = write({ method: 'GET', url: '/x//../a?q=1' }, { path: '/a', query: '?q=1' });
  t.equal(first, 'GET /a?q=1 HTTP/1.1');
  t.equal(lines[0], 'Host: a.test');
});

await t.test('what is end to end goes on as it came: order, case, repetition, bytes', async (t) => {
  const { lines } = write({ headers: ['Host', 'x', 'X-B', '1', 'x-a', '\xe9', 'X-B', '2', 'Authorization', 'Basic x', 'User-Agent', 'y', 'Accept', '*/*'] });
  t.strictSame(lines.slice(1, 7), ['X-B: 1', 'x-a: \xe9', 'X-B: 2', 'Authorization: Basic x', 'User-Agent: y', 'Accept: */*']);
});

await t.test('what a stranger says of itself is left out, and we say it', async (t) => {
  const spoofed = ['X-Forwarded-For', '10.0.0.1', 'X-Forwarded-Proto', 'https', 'X-Forwarded-Host', 'evil', 'X-Forwarded-Port', '1', 'Forwarded', 'for=evil', 'X-Real-IP', '10.0.0.1', 'X-Request-Id', 'evil', 'X_Forwarded_For', 'evil'];
  const { lines } = write({ headers: spoofed });
  t.strictSame(lines.slice(1), [
    'X-Forwarded-For: 192.0.2.1', 'X-Real-IP: 192.0.2.1', 'X-Forwarded-Proto: http', 'X-Forwarded-Host: a.test', 'X-Forwarded-Port: 80',
    'Forwarded: for=192.0.2.1;host="a.test";proto=http', 'Via: 1.1 sluice', 'X-Request-Id: the-id',
  ]);
});

await t.test('what a trusted proxy says is believed, and added to', async (t) => {
  const headers = ['X-Forwarded-For', '198.51.100.7', 'X-Forwarded-Host', 'shop.test', 'X-Forwarded-Port', '8443', 'Forwarded', 'for=198.51.100.7', 'Via', '2 edge'];
  const { lines } = write({ headers, peer: '2001:db8::1' }, { peerTrusted: true, clientAddress: '198.51.100.7', scheme: 'https', hostPort: 8443 });
  t.strictSame(lines.slice(1), [
    'X-Forwarded-For: 198.51.100.7, 2001:db8::1', 'X-Real-IP: 198.51.100.7', 'X-Forwarded-Proto: https', 'X-Forwarded-Host: shop.test', 'X-Forwarded-Port: 8443',
    'Forwarded: for=198.51.100.7, for="[2001:db8::1]";host="a.test:8443";proto=https', 'Via: 2 edge, 1.1 sluice', 'X-Request-Id: the-id',
  ]);
});

await t.test('a client on a unix socket is unknown', async (t) => {
  const { lines } = write({ peer: '' }, { clientAddress: '' });
  t.ok(lines.includes('X-Forwarded-For: unknown'));
  t.ok(lines.includes('Forwarded: for=unknown;host="a.test";proto=http'));
});

await t.test('what Connection names is hop by hop, but none of ours can be named away', async (t) => {
  const { lines } = write({ headers: ['Connection', 'close, X-Hop ,x-forwarded-for, host, via,cookie', 'X-Hop', '1', 'X-Stays', '2', 'Cookie', 'a=b', 'Keep-Alive', 'x', 'Proxy-Authorization', 'y'] });
  t.notOk(lines.some((line) => /^(?:X-Hop|Cookie|Keep-Alive|Proxy-Authorization|Connection):/i.test(line)));
  for (const line of ['Host: a.test', 'X-Stays: 2', 'X-Forwarded-For: 192.0.2.1', 'Via: 1.1 sluice']) t.ok(lines.includes(line), line);
});

await t.test('the framing is ours, and follows the body there is', async (t) => {
  const cases: readonly (readonly [SampleRequest, object, readonly string[]])[] = [
    [{ method: 'GET' }, {}, []],
    [{ method: 'POST' }, {}, ['Content-Length: 0']],
    [{ method: 'DELETE' }, {}, []],
    [{ method: 'DELETE', headers: ['Content-Length', '0'] }, {}, ['Content-Length: 0']],
    [{ method: 'POST', headers: ['content-length', '12'] }, { body: bodyOf() }, ['Content-Length: 12']],
    [{ method: 'POST', headers: ['Transfer-Encoding', 'Chunked'] }, { body: bodyOf() }, ['Transfer-Encoding: chunked']],
    [{ method: 'PUT', protocol: 'HTTP/2' }, { body: bodyOf() }, ['Transfer-Encoding: chunked']],
    [{ method: 'POST', headers: ['Content-Length', '2', 'Expect', '100-Continue'] }, { body: bodyOf(), expectContinue: true }, ['Content-Length: 2', 'Expect: 100-continue']],
    [{ method: 'GET', headers: ['Content-Length', '5'] }, { body: null }, []],
  ];
  for (const [request, change, expected] of cases) t.strictSame(framing(write(request, change)), expected, JSON.stringify(request));
});

await t.test('the connection is ours too: kept, closed, upgraded, with trailers', async (t) => {
  t.strictSame(connection(write({})), []);
  t.strictSame(connection(write({}, {}, false)), ['Connection: close']);
  t.strictSame(connection(write({ headers: ['TE', 'Trailers, gzip', 'Connection', 'TE'] })), ['Connection: TE', 'TE: trailers']);
  t.strictSame(connection(write({ headers: ['TE', 'trailers'] }, {}, false)), ['Connection: close, TE', 'TE: trailers']);
  t.strictSame(connection(write({ headers: ['Connection', 'Upgrade', 'Upgrade', 'WebSocket', 'Sec-WebSocket-Key', 'x'] }, { upgrade: 'websocket' })), ['Connection: Upgrade', 'Upgrade: websocket']);
  t.strictSame(connection(write({ headers: ['Connection', 'Upgrade', 'Upgrade', 'h2c', 'HTTP2-Settings', 'x'] })), [], 'an upgrade that is none is left out');
});

await t.test('HTTP/2: pseudo-headers stay behind, and crumbs become one cookie', async (t) => {
  const headers = [':method', 'GET', ':path', '/a', ':authority', 'a.test', 'cookie', 'a=1', 'x-y', 'z', 'cookie', 'b=2'];
  const { lines } = write({ protocol: 'HTTP/2', authority: 'a.test', headers, secure: true }, { scheme: 'https' });
  t.notOk(lines.some((line) => line.startsWith(':')));
  t.strictSame(lines.filter((line) => /cookie/i.test(line)), ['Cookie: a=1; b=2']);
  for (const line of ['Via: 2 sluice', 'X-Forwarded-Port: 443', 'X-Forwarded-Proto: https']) t.ok(lines.includes(line), line);
});

await t.test('lines that only we may say are written last, where nothing a client names can remove them', async (t) => {
  const { lines } = write({ headers: ['Host', 'a.test', 'Connection', 'X-Client-Verify', 'X-Client-Verify', 'SUCCESS'] }, { addedHeaders: ['X-Client-Verify', 'NONE'] });
  t.strictSame(lines.filter((line) => /^x-client/i.test(line)), ['X-Client-Verify: NONE']);
});
