import t from 'tap';
import { CheckRuns, type Check, type CheckResult } from '../../src/balance/check-runs.ts';
import { eventually } from '../helpers/wait-for.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const GOOD: CheckResult = { isGood: true, text: 'fine' };

/** A check that ends when the test says so. */
class HeldCheck {
  started = 0;
  stopped = 0;
  done: (result: CheckResult) => void = () => undefined;
  readonly start: Check = (done) => {
    this.started += 1;
    this.done = done;
    return () => {
      this.stopped += 1;
    };
  };
}

await t.test('no more run at once than may, and the others follow in their order', async (t) => {
  const runs = new CheckRuns(new ManualClock(), 2);
  const checks = [0, 1, 2, 3].map(() => new HeldCheck());
  const ended: number[] = [];
  checks.forEach((check, index) => runs.add(check.start, 1000, () => ended.push(index)));
  t.strictSame(checks.map(({ started }) => started), [1, 1, 0, 0]);
  checks[1]?.done(GOOD);
  t.strictSame(checks.map(({ started }) => started), [1, 1, 1, 0]);
  checks[0]?.done(GOOD);
  t.strictSame(checks.map(({ started }) => started), [1, 1, 1, 1]);
  t.strictSame(ended, [1, 0]);
  t.equal(runs.runningCount, 2);
});

await t.test('one that takes too long is stopped and has failed; waiting for a place takes no time of it', async (t) => {
  const clock = new ManualClock();
  const runs = new CheckRuns(clock, 1);
  const results: string[] = [];
  const [first, second] = [new HeldCheck(), new HeldCheck()];
  runs.add(first.start, 2000, ({ isGood, text }, tookMs) => results.push(`${isGood} ${text} ${tookMs}`));
  runs.add(second.start, 2000, ({ isGood, text }, tookMs) => results.push(`${isGood} ${text} ${tookMs}`));
  clock.advance(1999);
  runs.expire();
  t.strictSame(results, []);
  clock.advance(1);
  runs.expire();
  t.strictSame(results, ['false no answer within 2 s 2000']);
  t.equal(first.stopped, 1);
  clock.advance(1500);
  runs.expire();
  t.equal(results.length, 1);
  second.done(GOOD);
  t.strictSame(results[1], 'true fine 1500');
});

await t.test('the first result counts', async (t) => {
  const runs = new CheckRuns(new ManualClock(), 1);
  const check = new HeldCheck();
  const texts: string[] = [];
  runs.add(check.start, 1000, ({ text }) => texts.push(text));
  check.done(GOOD);
  check.done({ isGood: false, text: 'late' });
  t.strictSame(texts, ['fine']);
  t.equal(check.stopped, 1, 'and then it is stopped');
});

await t.test('a cancelled check has no result, and its place is free', async (t) => {
  const runs = new CheckRuns(new ManualClock(), 1);
  const [running, waiting, next] = [new HeldCheck(), new HeldCheck(), new HeldCheck()];
  const ended: string[] = [];
  const cancelRunning = runs.add(running.start, 1000, () => ended.push('running'));
  const cancelWaiting = runs.add(waiting.start, 1000, () => ended.push('waiting'));
  runs.add(next.start, 1000, () => ended.push('next'));
  cancelWaiting();
  cancelRunning();
  running.done(GOOD);
  t.equal(running.stopped, 1);
  t.equal(waiting.started, 0);
  t.equal(next.started, 1);
  t.strictSame(ended, []);
});

await t.test('one that throws has failed for that reason', async (t) => {
  const runs = new CheckRuns(new ManualClock(), 1);
  const results: CheckResult[] = [];
  runs.add(() => {
    throw new Error('no PEM');
  }, 1000, (result) => results.push(result));
  await eventually(() => results.length === 1);
  t.strictSame(results, [{ isGood: false, text: 'no PEM' }]);
  t.equal(runs.runningCount, 0);
});

await t.test('closing stops what runs and forgets what waits', async (t) => {
  const runs = new CheckRuns(new ManualClock(), 1);
  const [running, waiting] = [new HeldCheck(), new HeldCheck()];
  runs.add(running.start, 1000, () => t.fail('it has a result'));
  runs.add(waiting.start, 1000, () => t.fail('it has a result'));
  runs.close();
  running.done(GOOD);
  t.equal(running.stopped, 1);
  t.equal(waiting.started, 0);
});
