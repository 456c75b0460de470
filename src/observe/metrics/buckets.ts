/** 1 ms to 60 s: three to a decade, so that a percentile is off by a factor of two at most, and the usual objectives are bounds. */
export const DURATION_BOUNDS_S: readonly number[] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60];

/** 256 B to 64 MiB by factors of four. */
export const SIZE_BOUNDS: readonly number[] = Array.from({ length: 10 }, (_, index) => 256 * 4 ** index);

/** Index of the bucket that a value belongs to; the number of bounds is the bucket above them all. */
export function bucketOf(bounds: Float64Array, value: number): number {
  // Most values are small: a walk from below ends sooner than a binary search does.
  let index = 0;
  while (index < bounds.length && value > bounds[index]!) index += 1;
  return index;
}

/**
 * The value below which a share of all counted ones lies, by linear interpolation within its bucket as `histogram_quantile` does.
 * @param counts of each bucket, not summed up. @param share 0 to 1. @returns -1 where nothing was counted.
 */
export function quantileOf(bounds: readonly number[], counts: ArrayLike<number>, share: number): number {
  let total = 0;
  for (let i = 0; i <= bounds.length; i += 1) total += counts[i] ?? 0;
  if (total <= 0) return -1;
  const rank = share * total;
  let below = 0;
  for (const [index, bound] of bounds.entries()) {
    const count = counts[index] ?? 0;
    if (count > 0 && below + count >= rank) {
      const from = bounds[index - 1] ?? 0;
      return from + (bound - from) * ((rank - below) / count);
    }
    below += count;
  }
  return bounds.at(-1) ?? -1;
}
