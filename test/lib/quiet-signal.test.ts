import t from 'tap';
import { QuietSignal } from '../../src/lib/quiet-signal.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

function make() {
  const clock = new ManualClock();
  const calls: number[] = [];
  const signal = new QuietSignal(clock, { quietMs: 250, longestMs: 2000 }, () => void calls.push(clock.monotonicMs()));
  return { clock, calls, signal };
}

await t.test('many hints are one call, when there have been none for a while', async (t) => {
  const { clock, calls, signal } = make();
  for (let i = 0; i < 5; i++) {
    signal.hint();
    clock.advance(100);
  }
  t.strictSame(calls, []);
  clock.advance(1000);
  t.strictSame(calls, [650]);
  clock.advance(10_000);
  t.equal(calls.length, 1);
  signal.hint();
  clock.advance(300);
  t.equal(calls.length, 2);
});

await t.test('who never stops hinting is not waited for longer than so long', async (t) => {
  const { clock, calls, signal } = make();
  for (let ms = 0; ms < 4100; ms += 50) {
    signal.hint();
    clock.advance(50);
  }
  t.strictSame(calls, [2000, 4000]);
});

await t.test('closed, it calls nobody and has no timer', async (t) => {
  const { clock, calls, signal } = make();
  signal.hint();
  signal.close();
  signal.hint();
  clock.advance(10_000);
  t.strictSame([calls, clock.tickers], [[], 0]);
});
