const RANGE = 2 ** 32;
/** A count that has come so far is near its end: below zero it has wrapped around, and was not set back. */
const NEAR_END = 2 ** 30;

/** Makes of a count of 32 bits with a sign, which wraps around and may be set back to nothing, one that only grows. */
export class GrowingCount {
  #last = 0;
  #total = 0;

  /** @param now the count as it is; to be told at least once in 2^30 steps. @returns the total. */
  take(now: number): number {
    const steps = now - this.#last;
    if (steps >= 0) this.#total += steps;
    else if (this.#last > NEAR_END && now < -NEAR_END) this.#total += steps + RANGE;
    else this.#total += Math.max(now, 0);
    this.#last = now;
    return this.#total;
  }
}
