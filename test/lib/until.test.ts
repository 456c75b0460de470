import t from 'tap';
import { until } from '../../src/lib/until.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

await t.test('what is so already is not waited for', async (t) => {
  const clock = new ManualClock();
  await until(clock, () => true, 1000);
  t.equal(clock.tickers, 0);
});

await t.test('it ends as soon as it is so, and at the latest when the time is over', async (t) => {
  const clock = new ManualClock();
  let isSo = false;
  let ended = false;
  const waiting = until(clock, () => isSo, 1000).finally(() => {
    ended = true;
  });
  clock.advance(200);
  await Promise.resolve();
  t.equal(ended, false);
  isSo = true;
  clock.advance(50);
  await waiting;
  t.equal(clock.tickers, 0, 'nothing looks any more');
  const never = until(clock, () => false, 1000);
  clock.advance(1050);
  await never;
  t.equal(clock.tickers, 0);
});
