/** Buckets of times, four to a doubling from 1 ms to 65 s: a percentile of them is off by a fifth at most. */
const PER_DOUBLING = 4;
const DOUBLINGS = 16;
/** The first takes everything up to 1 ms, the last everything above the scale. */
export const TIME_BUCKETS = PER_DOUBLING * DOUBLINGS + 2;

export function timeBucket(ms: number): number {
  return ms > 1 ? Math.min(Math.ceil(Math.log2(ms) * PER_DOUBLING), TIME_BUCKETS - 1) : 0;
}

/** Upper end of a bucket, in ms; of the last one, what it begins with. */
function endOf(bucket: number): number {
  return bucket < 0 ? 0 : 2 ** (Math.min(bucket, TIME_BUCKETS - 2) / PER_DOUBLING);
}

/** The time in ms within which a share of those counted lies. @param share 0 to 1. @returns -1 where nothing was counted. */
export function timeWithin(counts: ArrayLike<number>, share: number): number {
  let total = 0;
  for (let i = 0; i < TIME_BUCKETS; i += 1) total += counts[i] ?? 0;
  let left = share * total;
  for (let i = 0; i < TIME_BUCKETS; i += 1) {
    const count = counts[i] ?? 0;
    if (count > 0 && count >= left) return endOf(i - 1) + (endOf(i) - endOf(i - 1)) * (left / count);
    left -= count;
  }
  return -1;
}
