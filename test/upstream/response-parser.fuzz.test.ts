import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { RESPONSE_LIMITS, ResponseParser } from '../../src/upstream/response-parser.ts';
import { generateResponse } from '../helpers/response-generator.ts';
import { parseResponse, ResponseRecorder } from '../helpers/response-recorder.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';

const SEED = 9112;
const LIMITS = { headBytesMax: 200, headerCountMax: 4, informationalMax: 2, chunkExtensionBytesMax: 12, trailerBytesMax: 40 };

/** Pieces that lead deep into the parser when they come in a lucky order. */
const PIECES = [
  'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 101 Go\r\n', 'HTTP/1.1 100 Go on\r\n', 'HTTP/1.0 304 \r\n', 'Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: upgrade\r\n',
  'Upgrade: x\r\n', '\r\n', '\r\n', '\r\n', '\n', '\r', '0\r\n', '3\r\nabc\r\n', '3;a="b"\r\n', 'A: b\r\n', 'x', '\x00', '\xff', 'ffffffffffff\r\n', ' ',
];

function randomBytes(random: SeededRandom): Buffer {
  if (random.chance(0.2)) return Buffer.from(Array.from({ length: random.integer(300) }, () => random.integer(256)));
  const pieces = Array.from({ length: random.integer(14) }, () => random.pick(PIECES));
  return Buffer.from((random.chance(0.7) ? 'HTTP/1.1 200 OK\r\n' : '') + pieces.join(''), 'latin1');
}

await t.test('any bytes, in any reads: no throw, and each byte is read once and within its read', async (t) => {
  const random = new SeededRandom(SEED);
  const outcomes = new Map<string, number>();
  for (let turn = 0; turn < 40_000; turn++) {
    const bytes = random.chance(0.5) ? randomBytes(random) : generateResponse(random).bytes;
    const options = {
      method: random.pick(['GET', 'HEAD']),
      upgradeRequested: random.chance(0.3),
      limits: LIMITS,
      readSizes: Array.from({ length: 40 }, () => 1 + random.integer(20)),
    };
    // The recorder throws on a call out of turn or out of range; what lies around a read must not matter.
    const one = parseResponse(bytes, { ...options, surroundings: '\r\n\r\n' });
    const other = parseResponse(bytes, { ...options, surroundings: 'x' });
    if (JSON.stringify(one) !== JSON.stringify(other)) t.fail(`${JSON.stringify(bytes.toString('latin1'))}: ${JSON.stringify([one, other])}`);
    outcomes.set(one.outcome, (outcomes.get(one.outcome) ?? 0) + 1);
  }
  for (const outcome of ['complete', 'upgraded', 'cut', 'refused']) t.ok((outcomes.get(outcome) ?? 0) > 50, `${outcome}: ${outcomes.get(outcome)}`);
});

const HEAD = 'HTTP/1.1 200 OK\r\n';
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
const ENDLESS: readonly (readonly [what: string, start: string, repeated: string, fault: string, bytesMax: number])[] = [
  ['a reason', 'HTTP/1.1 200 ', 'x', 'response head too large', LIMITS.headBytesMax],
  ['a header name', HEAD, 'x', 'response head too large', LIMITS.headBytesMax],
  ['a header value', `${HEAD}X: `, 'x', 'response head too large', LIMITS.headBytesMax],
  ['headers', HEAD, 'A: b\r\n', 'response head too large', LIMITS.headBytesMax],
  ['informational responses', '', 'HTTP/1.1 103 Hint\r\n\r\n', 'too many informational responses', 100],
  ['a chunk size', CHUNKED, '0', 'chunk size too large', 100],
  ['an extension', `${CHUNKED}5;`, 'x', 'chunk extensions too long', 100],
  ['chunks with extensions', CHUNKED, '1;x\r\ny\r\n', 'chunk extensions too long', 200],
  ['trailers', `${CHUNKED}0\r\n`, 'A: b\r\n', 'trailers too large', 150],
];
for (const [what, start, repeated, fault, bytesMax] of ENDLESS) {
  await t.test(`${what} without end: refused within its bound, in reads of any size`, async (t) => {
    for (const readSize of [1, 7, 64, 65_536]) {
      const parser = new ResponseParser(new ResponseRecorder(), LIMITS);
      parser.begin('GET', false);
      const bytes = Buffer.from(start + repeated.repeat(1000), 'latin1');
      let fed = 0;
      while (fed < bytes.length && parser.fault === null) {
        const read = Buffer.from(bytes.subarray(fed, fed + readSize));
        parser.execute(read, 0, read.length);
        fed += read.length;
      }
      t.equal(parser.fault, fault);
      t.ok(fed <= bytesMax + readSize, `${fed} bytes fed in reads of ${readSize}`);
    }
  });
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function bytesHeld(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

await t.test('a hundred thousand responses on one connection hold no memory', async (t) => {
  const recorder = new ResponseRecorder();
  recorder.onHead = recorder.onBody = recorder.onComplete = recorder.onTrailers = () => {};
  const parser = new ResponseParser(recorder, RESPONSE_LIMITS);
  const answer = Buffer.from(`${CHUNKED}5\r\nhello\r\n0\r\nX: y\r\n\r\n`);
  const turn = (): void => {
    parser.begin('GET', false);
    parser.execute(answer, 0, 20);
    parser.execute(answer, 20, answer.length);
  };
  for (let count = 0; count < 1000; count++) turn();
  const before = bytesHeld();
  for (let count = 0; count < 100_000; count++) turn();
  const more = bytesHeld() - before;
  // A third of what the answers weigh: the collector itself moves a megabyte to either side.
  t.ok(more < (100_000 * answer.length) / 3, `${more} bytes more`);
});
