import t from 'tap';
import { PauseWatch } from '../../../src/policy/compress/pause-watch.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';

await t.test('a pause is noticed within 20 ms, and nobody looks before something has come', async (t) => {
  const clock = new ManualClock();
  let pauses = 0;
  const watch = new PauseWatch(clock, () => ++pauses > 0);
  clock.advance(100);
  t.strictSame([pauses, clock.tickers], [0, 0]);
  for (let i = 0; i < 20; i++) {
    watch.touch();
    clock.advance(9);
  }
  t.strictSame([pauses, clock.tickers], [0, 1], 'it goes on, and one timer is enough');
  clock.advance(20);
  t.strictSame([pauses, clock.tickers], [1, 0]);
  watch.touch();
  clock.advance(20);
  t.equal(pauses, 2);
});

await t.test('who could do nothing is told again, and who has stopped is not', async (t) => {
  const clock = new ManualClock();
  let asked = 0;
  const watch = new PauseWatch(clock, () => ++asked === 3);
  watch.touch();
  clock.advance(30);
  t.strictSame([asked, clock.tickers], [2, 1]);
  clock.advance(10);
  t.strictSame([asked, clock.tickers], [3, 0]);
  watch.touch();
  watch.stop();
  watch.stop();
  clock.advance(100);
  t.strictSame([asked, clock.tickers], [3, 0]);
});
