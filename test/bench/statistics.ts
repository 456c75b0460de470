/** A round that is better than all before by more than this shows that compiling goes on. */
const GAIN = 0.03;

/** Rounds without a gain that make it steady. */
const CALM = 2;

/** Whether costs have stopped to fall: the last two rounds have not bettered the best before them. Noise upwards does not count. */
export function isSteady(costs: readonly number[]): boolean {
  if (costs.length <= CALM) return false;
  return Math.min(...costs.slice(-CALM)) > Math.min(...costs.slice(0, -CALM)) * (1 - GAIN);
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** The value that `share` of all are below or at. @param sorted ascending */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(Math.ceil(sorted.length * share) - 1, 0)] ?? Number.NaN;
}
