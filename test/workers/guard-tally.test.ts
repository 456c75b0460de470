import t from 'tap';
import { TIME_BUCKETS, timeBucket } from '../../src/lib/time-scale.ts';
import { GuardTally, RecentTallies, RouteTallies } from '../../src/workers/guard-tally.ts';
import { routeCounts } from './sample-counts.ts';

await t.test('a tally adds up requests, errors and times', async (t) => {
  const tally = new GuardTally();
  tally.add(routeCounts('a', { requests: 90, ms: 10 }));
  tally.add(routeCounts('a', { requests: 10, errors: 4, code: 'upstream_timeout', ms: 1000 }));
  t.match(tally, { requests: 100, errors: 4, errorShare: 0.04, mainCode: 'upstream_timeout' });
  t.ok(tally.p95Ms > 800, String(tally.p95Ms));
  t.match(new GuardTally(), { requests: 0, errorShare: 0, p95Ms: -1, mainCode: '' });
});

await t.test('who waits longer than the bound counts, who waits less does not', async (t) => {
  const tally = new GuardTally();
  tally.add(routeCounts('a', { requests: 80, ms: 10 }));
  const waiting = new Float64Array(TIME_BUCKETS);
  waiting[timeBucket(5)] = 1000;
  t.ok(tally.p95WithMs(waiting, timeBucket(50)) < 12);
  waiting[timeBucket(3000)] = 20;
  t.ok(tally.p95WithMs(waiting, timeBucket(50)) > 2000);
  t.ok(tally.p95Ms < 12, 'and nothing was kept of it');
});

await t.test('a sum over routes can weigh each of them', async (t) => {
  const routes = new RouteTallies();
  routes.add([routeCounts('a', { requests: 10 }), routeCounts('b', { requests: 10, errors: 5 }), routeCounts('c', { requests: 10 })]);
  t.match(routes.sum(['a', 'b', 'none']), { requests: 20, errors: 5 });
  t.match(routes.sum(['a', 'b'], (route) => (route === 'b' ? 3 : 1)), { requests: 40, errors: 15 });
});

await t.test('the last minutes are remembered, what was before them is not', async (t) => {
  const recent = new RecentTallies(0);
  const requests = (): number => recent.sum().of('a')?.requests ?? 0;
  recent.add([routeCounts('a', { requests: 1 })], 1000);
  recent.add([routeCounts('a', { requests: 10 })], 150_000);
  t.equal(requests(), 11);
  recent.add([routeCounts('a', { requests: 100 })], 300_000);
  t.equal(requests(), 110);
  recent.add([], 450_000);
  t.equal(requests(), 100);
  recent.add([], 600_000);
  t.equal(requests(), 0);
});
