import t from 'tap';
import { bucketOf, DURATION_BOUNDS_S, quantileOf, SIZE_BOUNDS } from '../../../src/observe/metrics/buckets.ts';

await t.test('a value on a bound belongs to the bucket that ends there, as `le` says', async (t) => {
  const bounds = Float64Array.from([1, 2, 4]);
  t.strictSame([0, 1, 1.5, 2, 4, 4.1].map((value) => bucketOf(bounds, value)), [0, 0, 1, 1, 2, 3]);
});

await t.test('durations reach from 1 ms to 60 s and sizes to 64 MiB, and no bucket is wider than a factor of four', async (t) => {
  t.strictSame([DURATION_BOUNDS_S[0], DURATION_BOUNDS_S.at(-1), SIZE_BOUNDS[0], SIZE_BOUNDS.at(-1)], [0.001, 60, 256, 64 * 1024 ** 2]);
  for (const bounds of [DURATION_BOUNDS_S, SIZE_BOUNDS]) {
    t.ok(bounds.every((bound, index) => index === 0 || (bound > bounds[index - 1]! && bound <= 4 * bounds[index - 1]!)));
  }
});

await t.test('a quantile is interpolated within its bucket, and is the last bound where more is not known', async (t) => {
  t.equal(quantileOf([1, 2, 4], [0, 10, 0, 0], 0.5), 1.5);
  t.equal(quantileOf([1, 2, 4], [10, 0, 10, 0], 0.95), 3.8);
  t.equal(quantileOf([1, 2, 4], [0, 0, 0, 3], 0.5), 4);
  t.equal(quantileOf([1, 2, 4], [0, 0, 0, 0], 0.5), -1);
});
