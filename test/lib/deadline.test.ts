import t from 'tap';
import { withDeadline } from '../../src/lib/deadline.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

await t.test('work that is done in time gives its result, and no timer stays', async (t) => {
  const clock = new ManualClock();
  t.equal(await withDeadline(clock, 1000, Promise.resolve('done')), 'done');
  t.equal(clock.tickers, 0);
});

await t.test('work that fails in time fails with its own error', async (t) => {
  const clock = new ManualClock();
  await t.rejects(withDeadline(clock, 1000, Promise.reject(new Error('broken'))), { message: 'broken' });
  t.equal(clock.tickers, 0);
});

await t.test('work that is late is given up, and its later failure harms nobody', async (t) => {
  const clock = new ManualClock();
  const work = Promise.withResolvers<never>();
  const result = withDeadline(clock, 2500, work.promise);
  clock.advance(2499);
  clock.advance(1);
  await t.rejects(result, { message: 'no answer within 2.5 s' });
  work.reject(new Error('late'));
  t.equal(clock.tickers, 0);
});
