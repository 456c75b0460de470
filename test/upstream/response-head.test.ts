import t from 'tap';
import { readResponseHead, type ResponseHead } from '../../src/upstream/response-head.ts';

interface Asked {
  readonly method?: string;
  readonly upgrade?: boolean;
}

function read(lines: readonly string[], asked: Asked = {}): ResponseHead | string {
  const text = `${lines.join('\r\n')}\r\n\r\n`;
  const bytes = Buffer.from(text, 'latin1');
  return readResponseHead({ bytes, start: 0, end: bytes.length, text }, asked.method === 'HEAD', asked.upgrade ?? false, 200);
}

function accepted(lines: readonly string[], asked?: Asked): ResponseHead {
  const head = read(lines, asked);
  if (typeof head === 'string') throw new Error(`refused: ${head}`);
  return head;
}

function ok(...fields: readonly string[]): readonly string[] {
  return ['HTTP/1.1 200 OK', ...fields];
}

await t.test('a typical head is read whole', async (t) => {
  const head = accepted(ok('Date: today', 'SERVER: x', 'Content-Type: text/html', 'Content-Length: 12'));
  t.equal(head.status, 200);
  t.equal(head.statusText, 'OK');
  t.equal(head.minorVersion, 1);
  t.same(head.rawHeaders, ['Date', 'today', 'SERVER', 'x', 'Content-Type', 'text/html', 'Content-Length', '12']);
  t.same([head.contentLength, head.chunked, head.framing, head.keepAlive, head.upgrade], [12, false, 'length', true, false]);
  t.same([head.hasDate, head.hasServer, head.contentType, head.eventStream], [true, true, 'text/html', false]);
});

await t.test('a head without fields has none of their marks', async (t) => {
  const head = accepted(['HTTP/1.1 404']);
  t.same([head.status, head.statusText, head.rawHeaders.length], [404, '', 0]);
  t.same([head.hasDate, head.hasServer, head.contentType, head.contentLength], [false, false, '', -1]);
});

const REASONS: readonly (readonly [line: string, reason: string])[] = [
  ['HTTP/1.1 200 Very Well', 'Very Well'],
  ['HTTP/1.1 200 ', ''],
  ['HTTP/1.1 200', ''],
  ['HTTP/1.1 200 \xe9t\xe9\t', '\xe9t\xe9\t'],
];
for (const [line, reason] of REASONS) {
  await t.test(`the reason of ${JSON.stringify(line)} is ${JSON.stringify(reason)}`, async (t) => {
    t.equal(accepted([line]).statusText, reason);
  });
}

const FRAMINGS: readonly (readonly [lines: readonly string[], framing: string, keepAlive: boolean, asked?: Asked])[] = [
  [ok('Content-Length: 0'), 'length', true],
  [ok('Content-Length: 007'), 'length', true],
  [ok('Transfer-Encoding: chunked'), 'chunked', true],
  [ok('transfer-encoding: CHUNKED'), 'chunked', true],
  [ok('Transfer-Encoding: chunked', 'Connection: close'), 'chunked', false],
  [ok(), 'close', false],
  [ok('Connection: keep-alive'), 'close', false],
  [['HTTP/1.0 200 OK', 'Content-Length: 5'], 'length', false],
  [['HTTP/1.0 200 OK', 'Content-Length: 5', 'Connection: Keep-Alive'], 'length', true],
  [['HTTP/1.0 200 OK', 'Content-Length: 5', 'Connection: keep-alive, close'], 'length', false],
  [ok('Content-Length: 5', 'Connection: close', 'Connection: keep-alive'), 'length', false],
  [ok('Content-Length: 5', 'Connection: CLOSE'), 'length', false],
  [['HTTP/1.1 204 No Content'], 'none', true],
  [['HTTP/1.1 204 No Content', 'Content-Length: 0'], 'none', true],
  [['HTTP/1.1 205 Reset Content'], 'close', false],
  [['HTTP/1.1 304 Not Modified', 'Content-Length: 500'], 'none', true],
  [['HTTP/1.1 304 Not Modified', 'Transfer-Encoding: chunked'], 'none', true],
  [ok('Content-Length: 500'), 'none', true, { method: 'HEAD' }],
  [ok('Transfer-Encoding: chunked'), 'none', true, { method: 'HEAD' }],
  [ok(), 'none', true, { method: 'HEAD' }],
  [['HTTP/1.1 103 Early Hints', 'Link: </a>'], 'none', true],
  [['HTTP/1.1 100 Continue', 'Content-Length: 0'], 'none', true],
];
for (const [lines, framing, keepAlive, asked] of FRAMINGS) {
  await t.test(`${asked?.method ?? 'GET'}: ${lines.join(' | ')} is framed by ${framing}${keepAlive ? ' and kept alive' : ''}`, async (t) => {
    const head = accepted(lines, asked);
    t.equal(head.framing, framing);
    t.equal(head.keepAlive, keepAlive);
  });
}

await t.test('a length that does not frame is still known, for the client of a HEAD', async (t) => {
  t.equal(accepted(ok('Content-Length: 500'), { method: 'HEAD' }).contentLength, 500);
});

const STATUS_LINE = 'not an HTTP/1.0 or HTTP/1.1 status line';
const STATUS = 'status is not three digits from 100 to 999';
const LENGTH = 'Content-Length is not a number';
const CODING = 'Transfer-Encoding is not exactly chunked';
const NO_BODY = 'body announced for a status that has none';
const REFUSED: readonly (readonly [lines: readonly string[], fault: string, asked?: Asked])[] = [
  [['HTTP/1.2 200 OK'], STATUS_LINE],
  [['HTTP/2.0 200 OK'], STATUS_LINE],
  [['HTTP/0.9 200 OK'], STATUS_LINE],
  [['HTTP/1.10 200 OK'], STATUS_LINE],
  [['http/1.1 200 OK'], STATUS_LINE],
  [['HTTP/1.1\t200 OK'], STATUS_LINE],
  [['ICY 200 OK'], STATUS_LINE],
  [['', 'HTTP/1.1 200 OK'], STATUS_LINE],
  [[''], STATUS_LINE],
  [['HTTP/1.1  200 OK'], STATUS],
  [['HTTP/1.1 20 OK'], STATUS],
  [['HTTP/1.1 2000 OK'], STATUS],
  [['HTTP/1.1 099 OK'], STATUS],
  [['HTTP/1.1 +20 OK'], STATUS],
  [['HTTP/1.1 200OK'], STATUS],
  [['HTTP/1.1 200\tOK'], STATUS],
  [['HTTP/1.1 '], STATUS],
  [['HTTP/1.1 200 O\x00K'], 'byte not allowed in the reason phrase'],
  [['HTTP/1.1 200 O\x7fK'], 'byte not allowed in the reason phrase'],
  [['HTTP/1.1 200 OK\nA: b'], 'bare LF'],
  [['HTTP/1.1 200\nA: b'], 'bare LF'],
  [['HTTP/1.1 200 OK\rA: b'], 'bare CR'],
  [ok(' A: b'), 'folded header line'],
  [ok('Content-Length : 5'), 'header name is not a token'],
  [ok('Transfer-Encoding\x0b: chunked'), 'header name is not a token'],
  ...['', '+5', '-5', '5 5', '5, 5', '0x5', '5.0', '5e1', '\xb2', '5;', '9007199254740993', '18446744073709551621']
    .map((value) => [ok(`Content-Length: ${value}`), LENGTH] as const),
  [ok('Content-Length: 5', 'Content-Length: 5'), 'two Content-Length headers'],
  [ok('Content-Length: 5', 'content-length: 6'), 'two Content-Length headers'],
  ...['', 'identity', 'gzip', 'xchunked', 'chunkedx', 'gzip, chunked', 'chunked, identity', 'chunked, chunked', 'chunked,', ',chunked', 'chunked;q=1', '"chunked"', 'chunked\t', 'chunked ']
    .map((value) => [ok(`Transfer-Encoding: ${value}`), CODING] as const),
  [ok('Transfer-Encoding:\x0bchunked'), 'byte not allowed in a header value'],
  [ok('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'), 'two Transfer-Encoding headers'],
  [['HTTP/1.0 200 OK', 'Transfer-Encoding: chunked'], 'Transfer-Encoding in HTTP/1.0'],
  [ok('Content-Length: 5', 'Transfer-Encoding: chunked'), 'Content-Length beside Transfer-Encoding'],
  [ok('Transfer-Encoding: chunked', 'Content-Length: 0'), 'Content-Length beside Transfer-Encoding'],
  [ok('Transfer-Encoding: chunked', 'Content-Length: 5'), 'Content-Length beside Transfer-Encoding', { method: 'HEAD' }],
  [['HTTP/1.1 204 No Content', 'Content-Length: 5'], NO_BODY],
  [['HTTP/1.1 204 No Content', 'Transfer-Encoding: chunked'], NO_BODY],
  [['HTTP/1.1 100 Continue', 'Content-Length: 5'], NO_BODY],
  [['HTTP/1.1 103 Early Hints', 'Transfer-Encoding: chunked'], NO_BODY],
  [['HTTP/1.0 100 Continue'], '1xx in HTTP/1.0'],
  [['HTTP/1.1 100 Continue', 'Connection: close'], '1xx with Connection: close'],
  [['HTTP/1.1 101 Go', 'Connection: upgrade', 'Upgrade: websocket'], '101 nobody asked for'],
  [['HTTP/1.0 101 Go', 'Connection: upgrade', 'Upgrade: websocket'], '1xx in HTTP/1.0', { upgrade: true }],
  [['HTTP/1.1 101 Go', 'Connection: upgrade'], '101 without Connection: upgrade and Upgrade', { upgrade: true }],
  [['HTTP/1.1 101 Go', 'Connection: upgrade', 'Upgrade:'], '101 without Connection: upgrade and Upgrade', { upgrade: true }],
  [['HTTP/1.1 101 Go', 'Upgrade: websocket'], '101 without Connection: upgrade and Upgrade', { upgrade: true }],
  [['HTTP/1.1 101 Go', 'Connection: \xa0upgrade', 'Upgrade: websocket'], '101 without Connection: upgrade and Upgrade', { upgrade: true }],
  [ok(`Connection: ${Array.from({ length: 33 }, (_, at) => `x-${at}`).join(',')}`), 'too many Connection options'],
];
for (const [lines, fault, asked] of REFUSED) {
  await t.test(`refuses ${JSON.stringify(lines.join(' | ').slice(0, 80))}: ${fault}`, async (t) => {
    t.equal(read(lines, asked), fault);
  });
}

await t.test('a 101 that was asked for is an upgrade, after which the connection speaks HTTP no more', async (t) => {
  const head = accepted(['HTTP/1.1 101 Go', 'connection: keep-alive, Upgrade', 'upgrade: websocket'], { upgrade: true });
  t.same([head.upgrade, head.framing, head.keepAlive], [true, 'none', false]);
});

await t.test('another answer to an upgrade is an ordinary one, whatever it says of upgrades', async (t) => {
  const head = accepted(['HTTP/1.1 426 No', 'Connection: upgrade', 'Upgrade: h2c', 'Content-Length: 5'], { upgrade: true });
  t.same([head.upgrade, head.framing, head.keepAlive], [false, 'length', true]);
});

await t.test('Connection names what must not be passed on', async (t) => {
  const head = accepted(ok('Connection: X-Hop ,,\tkeep-alive', 'connection: x-other', 'Content-Length: 0'));
  t.same(head.connectionTokens, ['x-hop', 'x-other']);
  t.equal(accepted(ok('Connection: keep-alive')).connectionTokens, accepted(ok('Connection: Upgrade, close')).connectionTokens);
});

const MEDIA_TYPES: readonly (readonly [value: string, eventStream: boolean])[] = [
  ['text/event-stream', true],
  ['Text/Event-Stream; charset=utf-8', true],
  ['text/event-stream;charset=utf-8', true],
  ['text/event-stream ; charset=utf-8', true],
  ['text/event-streams', false],
  ['text/event-stream+json', false],
  ['text/event', false],
  ['application/json; profile=text/event-stream', false],
];
for (const [value, eventStream] of MEDIA_TYPES) {
  await t.test(`${value} is ${eventStream ? 'an' : 'no'} event stream`, async (t) => {
    t.equal(accepted(ok(`Content-Type: ${value}`)).eventStream, eventStream);
  });
}
