/** Steps that working out a schedule may take: about two milliseconds. */
const STEPS_MAX = 1_000_000;
const LENGTH_MAX = 4096;

/**
 * One cycle of smooth weighted round-robin, in nginx's order: positions in the list, each as often as it
 * weighs and as far apart as that allows (5, 1, 1 is a a b a c a a).
 *
 * @returns null where weights are so many or so uneven that the cycle would be too long to work out.
 */
export function smoothSchedule(weights: readonly number[]): Uint16Array | null {
  const unit = weights.reduce(commonDivisor, 0);
  const steps = weights.map((weight) => weight / unit);
  const length = steps.reduce((sum, step) => sum + step, 0);
  if (length === weights.length) return Uint16Array.from(weights.keys());
  if (length > LENGTH_MAX || length * weights.length > STEPS_MAX) return null;
  const credit = new Int32Array(weights.length);
  return Uint16Array.from({ length }, () => {
    const next = mostCredit(credit, steps);
    credit[next]! -= length;
    return next;
  });
}

/** Everybody earns as much as it weighs; whoever has most then pays for a turn. */
function mostCredit(credit: Int32Array, steps: readonly number[]): number {
  let best = 0;
  for (let i = 0; i < credit.length; i += 1) {
    credit[i]! += steps[i]!;
    if (credit[i]! > credit[best]!) best = i;
  }
  return best;
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? a : commonDivisor(b, a % b);
}
