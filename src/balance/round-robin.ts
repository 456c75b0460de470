import type { SharedNumber } from '../lib/shared-cells.ts';
import type { Balancer, Target } from '../upstream/target.ts';

/**
 * Each target in turn, over all workers. Targets that failed lately are passed over while another is
 * left, and tried all the same when none is: a wrong suspicion must not make an upstream unreachable.
 */
export class RoundRobin implements Balancer {
  readonly #targets: readonly Target[];
  readonly #cursor: SharedNumber;

  constructor(targets: readonly Target[], cursor: SharedNumber) {
    this.#targets = targets;
    this.#cursor = cursor;
  }

  pick(tried: readonly Target[], nowSeconds: number): Target | null {
    const turn = this.#cursor.next();
    return this.#nth(turn, (target) => !tried.includes(target) && !target.isFailing(nowSeconds))
      ?? this.#nth(turn, (target) => !tried.includes(target));
  }

  /** Counts first and chooses then, so that the share of a missing target is spread over all others, not given to the next. */
  #nth(turn: number, eligible: (target: Target) => boolean): Target | null {
    let count = 0;
    for (const target of this.#targets) if (eligible(target)) count += 1;
    if (count === 0) return null;
    let left = turn % count;
    for (const target of this.#targets) {
      if (!eligible(target)) continue;
      if (left === 0) return target;
      left -= 1;
    }
    // Another thread changed a state between the two passes; any target that is left will do.
    return this.#targets.find(eligible) ?? null;
  }
}
