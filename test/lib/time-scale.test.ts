import t from 'tap';
import { TIME_BUCKETS, timeBucket, timeWithin } from '../../src/lib/time-scale.ts';

function countsOf(times: readonly number[]): Uint32Array {
  const counts = new Uint32Array(TIME_BUCKETS);
  for (const ms of times) counts[timeBucket(ms)]! += 1;
  return counts;
}

await t.test('every time has a bucket, in order', async (t) => {
  const buckets = [0, 0.5, 1, 1.01, 2, 3, 1000, 65_536, 65_537, 1e9, Infinity].map((ms) => timeBucket(ms));
  t.strictSame(buckets, buckets.toSorted((a, b) => a - b));
  t.equal(buckets[0], 0);
  t.equal(buckets.at(-1), TIME_BUCKETS - 1);
});

await t.test('what is no time is counted as none', async (t) => {
  for (const ms of [-1, Number.NaN, -Infinity]) t.equal(timeBucket(ms), 0, String(ms));
});

await t.test('a percentile is off by a fifth at most', async (t) => {
  for (const ms of [1.5, 10, 19, 21, 333, 5000, 60_000]) {
    const p95 = timeWithin(countsOf(Array.from({ length: 100 }, () => ms)), 0.95);
    t.ok(p95 > ms / 1.2 && p95 < ms * 1.2, `${ms} ms: ${p95}`);
  }
  const spread = timeWithin(countsOf(Array.from({ length: 1000 }, (_, index) => index + 1)), 0.95);
  t.ok(spread > 900 && spread < 1000, String(spread));
});

await t.test('of nothing nothing is known, and a single time is all there is', async (t) => {
  t.equal(timeWithin(new Uint32Array(TIME_BUCKETS), 0.95), -1);
  t.ok(timeWithin(countsOf([100]), 0) >= 84);
  t.ok(timeWithin(countsOf([1e9]), 1) >= 65_536);
});
