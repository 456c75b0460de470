import t from 'tap';
import { SectionReader } from '../../src/upstream/section-reader.ts';

const BYTES_MAX = 64;

function newReader(bytesMax = BYTES_MAX): SectionReader<'too large'> {
  return new SectionReader(bytesMax, 'too large');
}

/** Feeds the text in reads that end at these places, through one buffer that is written over after each. */
function feed(reader: SectionReader<'too large'>, text: string, ends: readonly number[]): number {
  const read = Buffer.alloc(text.length + 8);
  let at = 0;
  for (const end of [...ends, text.length]) {
    read.fill('\r\n');
    read.write(text.slice(at, end), 4, 'latin1');
    const used = reader.take(read, 4, 4 + end - at);
    if (used < 0) return -1;
    at += used;
    if (reader.complete) break;
  }
  return at;
}

function found(reader: SectionReader<'too large'>): string {
  return reader.bytes.toString('latin1', reader.start, reader.end);
}

await t.test('finds the end of a section wherever the reads are cut', async (t) => {
  for (const section of ['\r\n\r\n', 'a\r\n\r\n', 'ab\r\n\r\n', 'abc\r\nd\r\n\r\n', 'ab\r\ncd\r\ne\r\n\r\n', '\xe9\r\n\r\n']) {
    const text = `${section}rest\r\n\r\n`;
    for (let first = 1; first < section.length; first++) {
      for (let second = first; second < section.length; second++) {
        const reader = newReader();
        if (feed(reader, text, [first, second]) !== section.length || reader.text !== section || found(reader) !== section) {
          t.fail(`${JSON.stringify(section)} cut at ${first} and ${second}`);
        }
      }
    }
  }
  t.pass('each section, each pair of cuts');
});

await t.test('a section in one read is not copied', async (t) => {
  const reader = newReader();
  const read = Buffer.from('xxA: b\r\n\r\nrest');
  t.equal(reader.take(read, 2, read.length), 8);
  t.equal(reader.bytes, read);
  t.equal(reader.text, 'A: b\r\n\r\n');
  t.notOk(reader.partial);
});

await t.test('an empty line that lies beyond the read is not seen', async (t) => {
  const reader = newReader();
  const read = Buffer.from('A: b\r\n\r\n');
  t.equal(reader.take(read, 0, 7), 7);
  t.notOk(reader.complete);
  t.ok(reader.partial);
});

await t.test('a section as large as allowed is taken, a larger one is not, however it is cut', async (t) => {
  for (const ends of [[], [1], [30], [60], [62], [63]]) {
    const fits = newReader();
    t.equal(feed(fits, `${'a'.repeat(BYTES_MAX - 4)}\r\n\r\n`, ends), BYTES_MAX);
    const larger = newReader();
    t.equal(feed(larger, `${'a'.repeat(BYTES_MAX - 3)}\r\n\r\n`, ends), -1);
    t.equal(larger.fault, 'too large');
  }
});

await t.test('a line end that no section can have is named before the section is complete', async (t) => {
  const cases: readonly (readonly [text: string, cut: number, fault: string])[] = [
    ['A: b\nC: d\n', 3, 'bare LF'],
    ['A: b\nC: d\n', 4, 'bare LF'],
    ['\n', 1, 'bare LF'],
    ['A: b\rC', 5, 'bare CR'],
    ['A: b\r\r\n', 5, 'bare CR'],
  ];
  for (const [text, cut, fault] of cases) {
    const reader = newReader();
    t.equal(feed(reader, text, [cut]), -1);
    t.equal(reader.fault, fault);
  }
});

await t.test('a CR at the end of a read may get its LF with the next', async (t) => {
  const reader = newReader();
  t.equal(feed(reader, 'A: b\r\nC: d\r\n\r\n', [5]), 14);
  t.equal(reader.fault, null);
});

await t.test('what is kept is asked whether it can begin so', async (t) => {
  const reader = newReader();
  feed(reader, 'HTT', []);
  t.ok(reader.canBegin('HTTP/1.'));
  feed(reader, 'X', []);
  t.notOk(reader.canBegin('HTTP/1.'));
});

await t.test('after a reset the next section is read, and nothing of the last is held', async (t) => {
  const reader = newReader();
  feed(reader, 'A: b\r\n\r\n', [3]);
  reader.reset();
  t.same([reader.complete, reader.partial, reader.text, reader.bytes.length], [false, false, '', 0]);
  t.equal(feed(reader, 'C: d\r\n\r\n', [2]), 8);
  t.equal(reader.text, 'C: d\r\n\r\n');
});

await t.test('a section that dribbles in byte by byte grows its buffer a few times only, and never past the bound', async (t) => {
  const bytesMax = 10_000;
  const reader = newReader(bytesMax);
  const text = `${'a'.repeat(bytesMax - 4)}\r\n\r\n`;
  t.equal(feed(reader, text, Array.from(text, (_, at) => at + 1)), bytesMax);
  t.equal(reader.text, text);
  t.ok(reader.bytes.length <= bytesMax, `${reader.bytes.length} bytes`);
});
