import t from 'tap';
import { ChunkedDecoder } from '../../src/upstream/chunked-decoder.ts';
import { RESPONSE_LIMITS } from '../../src/upstream/response-parser.ts';

const LIMITS = { ...RESPONSE_LIMITS, headerCountMax: 3, chunkExtensionBytesMax: 14, trailerBytesMax: 64 };

interface Decoded {
  readonly body: string;
  readonly pieces: number;
  readonly trailers: readonly string[];
  /** -1 on a fault. */
  readonly used: number;
  readonly done: boolean;
  readonly fault: string | null;
}

/** Decodes in reads of this size. */
function decode(text: string, readSize = Infinity, limits = LIMITS): Decoded {
  const pieces: string[] = [];
  const trailers: string[] = [];
  const decoder = new ChunkedDecoder(
    {
      onBody: (buffer, start, end) => void pieces.push(buffer.toString('latin1', start, end)),
      onTrailers: (raw) => void trailers.push(...raw),
    },
    limits,
  );
  decoder.begin();
  const bytes = Buffer.from(text, 'latin1');
  let used = 0;
  while (used >= 0 && used < bytes.length && !decoder.done) {
    const read = Buffer.from(bytes.subarray(used, used + readSize));
    const taken = decoder.execute(read, 0, read.length);
    used = taken < 0 ? -1 : used + taken;
  }
  return { body: pieces.join(''), pieces: pieces.length, trailers, used, done: decoder.done, fault: decoder.fault };
}

const ACCEPTED: readonly (readonly [text: string, body: string, trailers?: readonly string[]])[] = [
  ['0\r\n\r\n', ''],
  ['5\r\nhello\r\n0\r\n\r\n', 'hello'],
  ['5\r\nhello\r\nA\r\n, my world\r\n000\r\n\r\n', 'hello, my world'],
  ['00000000000a\r\nhelloworld\r\n0\r\n\r\n', 'helloworld'],
  ['2\r\n\r\n\r\n0\r\n\r\n', '\r\n'],
  ['5;a=b\r\nhello\r\n0;last="y"\r\n\r\n', 'hello'],
  ['1\r\nx\r\n0\r\nX-Sum: 1\r\netag:\t"x" \r\n\r\n', 'x', ['X-Sum', '1', 'etag', '"x"']],
];
for (const [text, body, trailers = []] of ACCEPTED) {
  await t.test(`decodes ${JSON.stringify(text)}, in reads of any size, and takes nothing of what follows`, async (t) => {
    for (let readSize = 1; readSize <= text.length + 4; readSize++) {
      const { pieces, ...decoded } = decode(`${text}HTTP`, readSize);
      t.strictSame(decoded, { body, trailers, used: text.length, done: true, fault: null }, `reads of ${readSize}, ${pieces} pieces`);
    }
  });
}

const SIZE = 'chunk size is not hexadecimal';
const EXTENSION = 'chunk extension not valid';
const AFTER = 'no CRLF after the data of a chunk';
const LINE = 'chunk line does not end in CRLF';
const TRAILER = 'trailer not allowed after a body';
const REFUSED: readonly (readonly [text: string, fault: string])[] = [
  ['\r\n', SIZE],
  [' 5\r\n', SIZE],
  ['5 \r\n', SIZE],
  ['5\t\r\n', SIZE],
  ['0x5\r\n', SIZE],
  ['-5\r\n', SIZE],
  ['+5\r\n', SIZE],
  ['g\r\n', SIZE],
  [';a\r\n', SIZE],
  ['5\n', SIZE],
  ['5\r5', LINE],
  ['5;a\rb', LINE],
  ['00000000000005\r\n', 'chunk size too large'],
  ['ffffffffffffffff\r\n', 'chunk size too large'],
  ['10000000000000005\r\n', 'chunk size too large'],
  ['5;\r\n', EXTENSION],
  ['5; a\r\n', EXTENSION],
  ['5;a\n', EXTENSION],
  ['1\r\nxy', AFTER],
  ['1\r\nx\n', AFTER],
  ['1\r\nx\rx', AFTER],
  ['0\r\n\rX', LINE],
  ['0\r\n\n', 'bare LF'],
  ['0\r\nX: y\n\r\n', 'bare LF'],
  ['0\r\nX : y\r\n\r\n', 'header name is not a token'],
  ['0\r\n X: y\r\n\r\n', 'folded header line'],
  ['0\r\nX\r\n\r\n', 'header line without a colon'],
  ['0\r\nX: \x00\r\n\r\n', 'byte not allowed in a header value'],
  ['0\r\nContent-Length: 5\r\n\r\n', TRAILER],
  ['0\r\nTRANSFER-ENCODING: chunked\r\n\r\n', TRAILER],
  ['0\r\nConnection: close\r\n\r\n', TRAILER],
  ['0\r\nX-Sum: 1\r\nSet-Cookie: a=b\r\n\r\n', TRAILER],
  ['0\r\nA: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\n\r\n', 'too many headers'],
  [`0\r\nX: ${'y'.repeat(64)}\r\n\r\n`, 'trailers too large'],
];
for (const [text, fault] of REFUSED) {
  await t.test(`refuses ${JSON.stringify(text.slice(0, 40))}: ${fault}`, async (t) => {
    for (const readSize of [Infinity, 1, 3]) {
      const decoded = decode(text, readSize);
      t.equal(decoded.fault, fault);
      t.equal(decoded.used, -1);
    }
  });
}

await t.test('refused trailers are not passed on', async (t) => {
  t.same(decode('0\r\nX-Sum: 1\r\nContent-Length: 5\r\n\r\n').trailers, []);
});

await t.test('the bytes of a chunk that came in one read are passed on in one piece', async (t) => {
  t.equal(decode(`1000\r\n${'x'.repeat(4096)}\r\n0\r\n\r\n`).pieces, 1);
});

await t.test('extensions are counted over all chunks of a body, so that many small ones do not pass', async (t) => {
  t.equal(decode(`${'1;abc\r\nx\r\n'.repeat(3)}0\r\n\r\n`).fault, null);
  t.equal(decode(`${'1;abc\r\nx\r\n'.repeat(4)}0\r\n\r\n`).fault, 'chunk extensions too long');
});

await t.test('the next body begins afresh', async (t) => {
  const decoder = new ChunkedDecoder({ onBody() {}, onTrailers() {} }, LIMITS);
  const body = Buffer.from('1;abcdefg\r\nx\r\n0\r\nX: y\r\n\r\n');
  for (let count = 0; count < 3; count++) {
    decoder.begin();
    t.equal(decoder.execute(body, 0, body.length), body.length);
    t.ok(decoder.done);
  }
});

await t.test('the largest size let through is exact', async (t) => {
  const decoder = new ChunkedDecoder({ onBody() {}, onTrailers() {} }, LIMITS);
  decoder.begin();
  const line = Buffer.from('fffffffffffff\r\nabc');
  t.equal(decoder.execute(line, 0, line.length), line.length);
  t.equal(decoder.fault, null);
  t.notOk(decoder.done);
});
