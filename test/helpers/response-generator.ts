import type { SeededRandom } from './seeded-random.ts';

/** One connection's worth of bytes and the request they answer. */
export interface GeneratedResponse {
  readonly bytes: Buffer;
  readonly method: string;
  readonly upgradeRequested: boolean;
}

const STATUS_LINES = [
  'HTTP/1.1 200 OK', 'HTTP/1.1 200 OK', 'HTTP/1.1 200 OK', 'HTTP/1.1 200 OK', 'HTTP/1.1 404 Not Found', 'HTTP/1.0 200 OK',
  'HTTP/1.1 204 No Content', 'HTTP/1.1 304 Not Modified', 'HTTP/1.1 205 Reset', 'HTTP/1.1 200', 'HTTP/1.1 200 ', 'HTTP/1.1 599 \xe9t\xe9',
];
const INFORMATIONAL = ['HTTP/1.1 100 Continue', 'HTTP/1.1 103 Early Hints', 'HTTP/1.1 102', 'HTTP/1.0 100 Continue', 'HTTP/1.1 101 Switching'];
const BROKEN_STATUS_LINES = [
  'HTTP/1.2 200 OK', 'HTTP/2.0 200 OK', 'HTTP/0.9 200 OK', 'http/1.1 200 OK', 'HTTP/1.1  200 OK', 'HTTP/1.1 20 OK', 'HTTP/1.1 2000 OK',
  'HTTP/1.1 099 Low', 'HTTP/1.1 000 Low', 'HTTP/1.1 999 High', 'HTTP/1.1\t200 OK', 'HTTP/1.1 200\tOK', 'HTTP/1.1 200  OK ', 'HTTP/1.1 2x0 OK',
  'HTTP/1.1 200 O\x00K', 'HTTP/1.1 200 O\x7fK', ' HTTP/1.1 200 OK', '\r\nHTTP/1.1 200 OK', 'ICY 200 OK', 'HTTP/1.1', 'HTTP/1.1 200OK', 'HTTP/01.1 200 OK',
];
const PLAIN_FIELDS = [
  'Date: Fri, 20 Nov 2026 12:00:00 GMT', 'server: x', 'Content-Type: text/event-stream; charset=utf-8', 'Set-Cookie: a=b; Path=/', 'X: ', 'X:y',
  'X-Latin: caf\xe9\xff', 'X-Tab:\ta\tb\t ', 'Vary:   accept  ', 'Trailer: X-Sum', "x!#$%&'*+-.^_`|~9: v", 'Connection: keep-alive', 'Connection: close',
  'Connection: close, X-Hop', 'Keep-Alive: timeout=5', 'Upgrade: h2c',
];
const BROKEN_FIELDS = [
  'X : y', 'X\t: y', ' X: y', 'X', ': y', 'X\x00: y', 'X: a\x00b', 'X: a\x0bb', 'X: a\x7fb', 'X: a\n b', 'X: a\r\n b', 'X: a\r\n\tb', 'X(: y', 'X\xe9: y',
  'X: a\rb', 'X: a\nY: b', '"X": y', 'X y: z', 'Connection: \xa0close',
];
const FRAMING_FIELDS = [
  'Content-Length: 5', 'content-length: 5', 'Content-Length: 0', 'Content-Length:5', 'Content-Length: 05', 'Content-Length: +5', 'Content-Length: -5',
  'Content-Length: 5 5', 'Content-Length: 5, 5', 'Content-Length: ', 'Content-Length: 0x5', 'Content-Length: 5.0', 'Content-Length: 5\t', 'Content-Length: 6',
  'Content-Length: 99999999999999999999999', 'Content-Length: 18446744073709551621', 'Content-Length : 5', 'Content_Length: 5',
  'Transfer-Encoding: chunked', 'transfer-encoding: Chunked', 'Transfer-Encoding: xchunked', 'Transfer-Encoding: chunked, identity', 'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, chunked', 'Transfer-Encoding: identity', 'Transfer-Encoding: ', 'Transfer-Encoding: chunked;q=1', 'Transfer-Encoding: "chunked"',
  'Transfer-Encoding:\x0bchunked', 'Transfer-Encoding: chunked\t', 'Transfer-Encoding: ,chunked', 'Transfer-Encoding: chunked,', 'Transfer-Encoding : chunked',
];
const SIZE_LINES = ['5', '05', '000005', '5;a', '5;a=b', '5;a="b\\"c;d"', '5;a=b;c', 'A', 'a'];
const BROKEN_SIZE_LINES = [
  '5 ', ' 5', '0x5', '-5', '+5', '', ';a', '5;', '5; a', '5;a=', '5;a ', '5;a="b', '5;a="b"c', '5;a=b=c', '5\t', 'g', '5,', '5;a=b"c"', '5;;a', '5;a="\x01"',
  'fffffffffffffffff', 'ffffffffffffffff', '10000000000000005', '5;a="\\\x01"', '5;a="\\\xe9\xe9"', '5\n', '5;\xe9',
];
const TRAILERS = ['X-Sum: 1', 'ETag: "x"', 'Y:\t z\t'];
const BROKEN_TRAILERS = ['Content-Length: 5', 'Transfer-Encoding: chunked', 'X : y', ' X: y', 'X', 'X: a\r\n b', 'X: a\nY: b'];
const MUTATION_OCTETS = [0, 9, 10, 11, 13, 32, 34, 44, 48, 53, 58, 59, 61, 65, 92, 97, 127, 128, 160, 255];

/** A response that is valid, or broken in its grammar, or in single bytes, or in several of these ways. */
export function generateResponse(random: SeededRandom): GeneratedResponse {
  const upgradeRequested = random.chance(0.15);
  const text = upgradeRequested && random.chance(0.7) ? generateUpgrade(random) : generateText(random);
  let bytes = Buffer.from(text, 'latin1');
  while (random.chance(0.3)) bytes = mutate(random, bytes);
  return { bytes, method: !upgradeRequested && random.chance(0.12) ? 'HEAD' : 'GET', upgradeRequested };
}

function generateText(random: SeededRandom): string {
  let text = '';
  while (random.chance(0.12)) text += `${random.pick(INFORMATIONAL)}\r\n${fields(random, 0.1).join('')}\r\n`;
  return text + generateFinal(random);
}

function generateFinal(random: SeededRandom): string {
  const statusLine = random.pick(random.chance(0.1) ? BROKEN_STATUS_LINES : STATUS_LINES);
  const lines = fields(random, 0.06);
  const framing = random.integer(10);
  if (framing < 3) return `${statusLine}\r\n${insert(random, lines, 'Content-Length: 5\r\n')}\r\nhello`;
  if (framing < 7) return `${statusLine}\r\n${insert(random, lines, 'Transfer-Encoding: chunked\r\n')}\r\n${chunks(random)}`;
  if (framing < 8) return `${statusLine}\r\n${lines.join('')}\r\nuntil the end`;
  let head = lines;
  for (let count = random.integer(3); count >= 0; count--) head = [insert(random, head, `${random.pick(FRAMING_FIELDS)}\r\n`)];
  return `${statusLine}\r\n${head.join('')}\r\n${random.pick(['', 'hello', '5\r\nhello\r\n0\r\n\r\n', chunks(random)])}`;
}

function generateUpgrade(random: SeededRandom): string {
  const lines = fields(random, 0.03);
  if (random.chance(0.9)) lines.push(random.pick(['Upgrade: websocket\r\n', 'upgrade: x\r\n', 'Upgrade:\r\n']));
  const connection = ['Connection: Upgrade', 'connection: keep-alive, upgrade', 'Connection: close', 'Connection: \xa0upgrade', 'Connection: upgraded', 'Connection: upgrade,'];
  lines.push(`${random.chance(0.5) ? 'Connection: Upgrade' : random.pick(connection)}\r\n`);
  if (random.chance(0.1)) lines.push(`${random.pick(FRAMING_FIELDS)}\r\n`);
  const version = random.chance(0.1) ? 'HTTP/1.0' : 'HTTP/1.1';
  return `${version} 101 Switching Protocols\r\n${lines.join('')}\r\n${random.pick(['', '\x81\x02hi', 'HTTP/1.1 200 OK\r\n\r\n'])}`;
}

function fields(random: SeededRandom, broken: number): string[] {
  const lines: string[] = [];
  for (let count = random.integer(5); count > 0; count--) {
    lines.push(`${random.pick(random.chance(broken) ? BROKEN_FIELDS : PLAIN_FIELDS)}\r\n`);
  }
  return lines;
}

function insert(random: SeededRandom, lines: readonly string[], line: string): string {
  return lines.toSpliced(random.integer(lines.length + 1), 0, line).join('');
}

function chunks(random: SeededRandom): string {
  let text = '';
  for (let count = random.integer(4); count > 0; count--) {
    const size = random.pick(random.chance(0.1) ? BROKEN_SIZE_LINES : SIZE_LINES);
    text += `${size}\r\n${size.startsWith('A') || size.startsWith('a') ? 'helloworld' : 'hello'}${random.chance(0.04) ? '\n' : '\r\n'}`;
  }
  text += random.pick(['0\r\n', '0\r\n', '000\r\n', '0;last=1\r\n']);
  if (random.chance(0.4)) {
    for (let count = random.integer(3); count >= 0; count--) text += `${random.pick(random.chance(0.15) ? BROKEN_TRAILERS : TRAILERS)}\r\n`;
  }
  return `${text}\r\n${random.chance(0.1) ? 'HTTP/1.1 200 OK\r\n\r\n' : ''}`;
}

function mutate(random: SeededRandom, bytes: Buffer<ArrayBuffer>): Buffer<ArrayBuffer> {
  const at = random.integer(bytes.length + 1);
  const before = bytes.subarray(0, at);
  switch (random.integer(6)) {
    case 0:
      return Buffer.from(before);
    case 1:
      return Buffer.concat([before, bytes.subarray(at + 1)]);
    case 2:
      return Buffer.concat([before, Buffer.of(random.pick(MUTATION_OCTETS)), bytes.subarray(at)]);
    case 3:
      return Buffer.concat([before, bytes.subarray(Math.max(0, at - random.integer(20)))]);
    case 4:
      return Buffer.from(bytes.toString('latin1').replace('\r\n', random.pick(['\n', '\r', '\r\r\n', '\n\n', '\r\n\r\n'])), 'latin1');
    default:
      return Buffer.concat([before, Buffer.of(random.pick(MUTATION_OCTETS)), bytes.subarray(at + 1)]);
  }
}
