/** 2³² over the golden ratio: the multiples that are furthest from ever repeating (Knuth, TAOCP 6.4). */
const GOLDEN = 0x9e3779b9;

/**
 * Turns a counter into points of [0, 1) that fall evenly and never in clusters: any stretch of the
 * interval gets its share, in intervals of at most three lengths. Exact over every 2³² turns.
 */
export function spreadPoint(turn: number): number {
  return (Math.imul(turn, GOLDEN) >>> 0) / 2 ** 32;
}
