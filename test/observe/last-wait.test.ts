import t from 'tap';
import { LastWait } from '../../src/observe/last-wait.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

await t.test('the wait is over when there is nothing left, also at once', async (t) => {
  const clock = new ManualClock();
  const wait = new LastWait();
  await wait.begin(clock, () => wait.over());
  const later = wait.begin(clock, () => undefined);
  wait.over();
  await later;
  t.equal(clock.tickers, 0, 'no timer stays behind');
});

await t.test('what cannot be written is not waited for longer than half a second', async (t) => {
  const clock = new ManualClock();
  const wait = new LastWait();
  const over = wait.begin(clock, () => undefined);
  clock.advance(499);
  t.equal(clock.tickers, 1, 'it still waits');
  clock.advance(1);
  await over;
  t.equal(clock.tickers, 0);
});
