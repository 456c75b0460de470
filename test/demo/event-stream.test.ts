import t from 'tap';
import { EventStream } from '../../src/demo/event-stream.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const START_ID = 1_767_225_600;

/** What is there to be read now. */
function readAll(stream: EventStream): string {
  let text = '';
  for (let chunk: unknown = stream.read(); Buffer.isBuffer(chunk); chunk = stream.read()) text += chunk.toString();
  return text;
}

function ids(stream: EventStream): number[] {
  return [...readAll(stream).matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]));
}

await t.test('an event comes at once and then one a second, its id the second', async (t) => {
  const clock = new ManualClock(START_ID * 1000);
  const stream = new EventStream('demo-1', clock, undefined);
  t.equal(readAll(stream), `retry: 1000\n\nid: ${START_ID}\nevent: tick\ndata: {"instance":"demo-1","time":"2026-01-01T00:00:00.000Z","isLate":false}\n\n`);
  clock.advance(3000);
  t.strictSame(ids(stream), [START_ID + 1, START_ID + 2, START_ID + 3]);
  stream.destroy();
  t.equal(clock.tickers, 0, 'a client that left costs nothing');
});

await t.test('a client that comes back gets what it missed, from whichever instance, and nothing twice', async (t) => {
  const clock = new ManualClock(START_ID * 1000);
  const first = new EventStream('demo-1', clock, undefined);
  clock.advance(2000);
  const seen = ids(first);
  first.destroy();
  clock.advance(3000);
  const second = new EventStream('demo-2', clock, String(seen.at(-1)));
  seen.push(...ids(second));
  clock.advance(1000);
  seen.push(...ids(second));
  t.strictSame(seen, Array.from({ length: 7 }, (_, index) => START_ID + index));
  second.destroy();
});

await t.test('a client that comes back within the second waits for the next', async (t) => {
  const clock = new ManualClock(START_ID * 1000);
  const stream = new EventStream('demo-1', clock, String(START_ID));
  t.strictSame(ids(stream), []);
  clock.advance(1000);
  t.strictSame(ids(stream), [START_ID + 1]);
  stream.destroy();
});

await t.test('threat: an id from anywhere asks for a minute at most, and never for the future', async (t) => {
  for (const [header, count] of [['0', 60], ['99999999999', 0], ['-5', 1], ['x', 1], ['1e9', 1], ['9'.repeat(400), 1]] as const) {
    const stream = new EventStream('demo-1', new ManualClock(START_ID * 1000), header);
    t.equal(ids(stream).length, count, header.slice(0, 20));
    stream.destroy();
  }
});

await t.test('threat: a client that does not read is cut off', async (t) => {
  const clock = new ManualClock(START_ID * 1000);
  const stream = new EventStream('demo-1', clock, undefined);
  clock.advance(3600_000);
  t.ok(stream.destroyed);
  t.equal(clock.tickers, 0);
});

await t.test('a stream that is ended ends in good order', async (t) => {
  const clock = new ManualClock(START_ID * 1000);
  const stream = new EventStream('demo-1', clock, undefined);
  stream.end();
  const chunks: string[] = [];
  for await (const chunk of stream) chunks.push(String(chunk));
  t.match(chunks.join(''), /^retry: 1000\n\nid: /);
  t.equal(clock.tickers, 0);
});
