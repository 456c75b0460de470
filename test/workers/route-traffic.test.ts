import t from 'tap';
import { CodeTraffic, RouteTraffic, SlidingSum, STEPS, Tally } from '../../src/workers/route-traffic.ts';

function tally(requests: number, errors = 0, bucket = 2): Tally {
  const made = new Tally();
  made.addRequests(requests - errors, false);
  made.addRequests(errors, true);
  const buckets = Array.from({ length: 17 }, (_, index) => (index === bucket ? requests : 0));
  made.addDurations(buckets);
  return made;
}

await t.test('a tally knows requests, errors and percentiles, and never counts backwards', async (t) => {
  t.strictSame(tally(4, 1).count, { requests: 4, errors: 1, p50Ms: 3.5, p95Ms: 4.85 });
  t.strictSame(new Tally().count, { requests: 0, errors: 0, p50Ms: -1, p95Ms: -1 });
  t.strictSame([new Tally().isEmpty, tally(1).isEmpty], [true, false]);
  const change = new Tally();
  change.addChange(tally(4), tally(6, 2));
  t.match(change.count, { requests: 2, errors: 2 });
  const back = new Tally();
  back.addChange(tally(6), tally(4));
  t.match(back.count, { requests: 0, p50Ms: -1 });
});

await t.test('a minute is the last sixty seconds, a step what came since the last one ended', async (t) => {
  const traffic = new RouteTraffic();
  for (let second = 0; second < 70; second += 1) traffic.take(tally(second < 10 ? 5 : 1), second);
  t.equal(traffic.minute.requests, 60);
  t.equal(traffic.step.requests, 110);
  traffic.endStep(0);
  t.equal(traffic.step.requests, 0);
  t.equal(traffic.minute.requests, 60);
});

await t.test('steps are told oldest first, with the one in work behind them', async (t) => {
  const traffic = new RouteTraffic();
  for (let step = 0; step < STEPS + 5; step += 1) {
    traffic.take(tally(step), step);
    traffic.endStep(step);
  }
  traffic.take(tally(7), 0);
  t.strictSame(traffic.steps(STEPS + 5, 3).requests, [STEPS + 2, STEPS + 3, STEPS + 4, 7]);
  t.equal(traffic.steps(STEPS + 5, STEPS - 1).requests.length, STEPS);
  t.equal(traffic.isIdle, false);
});

await t.test('a route that was quiet for an hour is idle', async (t) => {
  const traffic = new RouteTraffic();
  traffic.take(tally(1), 0);
  for (let step = 0; step <= STEPS; step += 1) {
    t.equal(step < STEPS && traffic.isIdle, false);
    traffic.endStep(step);
  }
  t.equal(traffic.isIdle, true);
});

await t.test('a sliding sum forgets what its ring has no place for', async (t) => {
  const sum = new SlidingSum(3);
  for (let at = 0; at < 5; at += 1) {
    sum.clear(at);
    sum.add(at, at);
  }
  t.equal(sum.value, 2 + 3 + 4);
});

await t.test('codes of the last minute and the last hour', async (t) => {
  const traffic = new CodeTraffic();
  let second = 0;
  for (let step = 0; step < STEPS; step += 1) {
    traffic.beginStep(step);
    for (let i = 0; i < 10; i += 1) traffic.take(step === 0 || step === STEPS - 1 ? 1 : 0, second++, step);
  }
  t.strictSame([traffic.lastMinute, traffic.lastHour], [10, 20]);
  traffic.beginStep(STEPS);
  t.equal(traffic.lastHour, 10, 'the first step is more than an hour ago');
});
