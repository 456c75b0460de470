import type { MemberStatus } from '../balance/member-status.ts';
import { GrowingCount } from '../lib/growing-count.ts';
import { targetKey } from '../observe/metrics/metrics-hub.ts';

interface Counts {
  readonly requests: GrowingCount;
  readonly failures: GrowingCount;
  readonly ejections: GrowingCount;
}

/** What all workers have counted of a target, as numbers that never go back. */
export interface CountedTarget {
  readonly status: MemberStatus;
  readonly requests: number;
  readonly failures: number;
  readonly ejections: number;
}

/** Follows the counts of targets in shared memory, which are short and wrap around. */
export class TargetCounts {
  #counts = new Map<string, Counts>();

  /** To be called at least every few hours. Targets that are not there any more are forgotten. */
  take(targets: readonly MemberStatus[]): CountedTarget[] {
    const before = this.#counts;
    this.#counts = new Map();
    return targets.map((status) => {
      const key = targetKey(status.upstream, status.key);
      const counts = before.get(key) ?? { requests: new GrowingCount(), failures: new GrowingCount(), ejections: new GrowingCount() };
      this.#counts.set(key, counts);
      return {
        status,
        requests: counts.requests.take(status.requests),
        failures: counts.failures.take(status.failures),
        ejections: counts.ejections.take(status.ejections),
      };
    });
  }
}
