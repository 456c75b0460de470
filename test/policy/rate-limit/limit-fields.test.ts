import t from 'tap';
import { limitItem, policyField, wholeSeconds } from '../../../src/policy/rate-limit/limit-fields.ts';

const TEN = { name: '10/min', requests: 10, periodMs: 60_000, burst: 9 };
const WIDE = { name: '5/s', requests: 5, periodMs: 1000, burst: 20 };

await t.test('a policy has its quota and its window in seconds, and a burst that is not all of the quota', (t) => {
  t.equal(policyField([TEN]), '"10/min";q=10;w=60');
  t.equal(policyField([WIDE, TEN]), '"5/s";q=5;w=1;sluice-burst=20, "10/min";q=10;w=60');
  t.end();
});

await t.test('what is left, and until when it cannot be more', (t) => {
  const verdict = { allowed: true, retryAfterMs: 0, aheadMs: 0, window: 0 };
  t.equal(limitItem([TEN], { ...verdict, remaining: 9, resetMs: 6000 }), '"10/min";r=9;t=6');
  t.equal(limitItem([TEN], { ...verdict, remaining: 4, resetMs: 35_500 }), '"10/min";r=4;t=6', 'the fifth comes back 5.5 s later');
  t.equal(limitItem([TEN], { ...verdict, remaining: 0, resetMs: 60_000 }), '"10/min";r=0;t=6');
  t.equal(limitItem([TEN, WIDE], { ...verdict, window: 1, remaining: 15, resetMs: 1200 }), '"5/s";r=5;t=1', 'never more than the quota');
  t.end();
});

await t.test('after a refusal it is the time of Retry-After', (t) => {
  t.equal(limitItem([TEN], { allowed: false, remaining: 0, resetMs: 58_500, retryAfterMs: 4500, aheadMs: 0, window: 0 }), '"10/min";r=0;t=5');
  t.end();
});

await t.test('seconds are rounded up, but not for a hair', (t) => {
  t.strictSame([0, 1, 1000, 1000.000_000_1, 1001, 6000].map(wholeSeconds), [0, 1, 1, 1, 2, 6]);
  t.equal(wholeSeconds(-1), 0);
  t.end();
});
