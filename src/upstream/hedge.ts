import { Watched, type Deadlines } from '../lib/deadlines.ts';
import type { Attempts } from './attempts.ts';
import type { MemberSearch } from './member-search.ts';
import type { HedgePlan, UpstreamRuntime } from './upstream-runtime.ts';

/**
 * A second attempt at another member, beside the first, when the first answer is late: whichever is
 * answered first is taken. For idempotent requests without a body, and out of the retry budget.
 */
export class Hedge extends Watched {
  readonly #upstream: UpstreamRuntime;
  readonly #attempts: Attempts;
  readonly #search: MemberSearch;
  readonly #deadlines: Deadlines;

  constructor(plan: HedgePlan, upstream: UpstreamRuntime, attempts: Attempts, search: MemberSearch, deadlines: Deadlines) {
    super();
    this.#upstream = upstream;
    this.#attempts = attempts;
    this.#search = search;
    this.#deadlines = deadlines;
    this.deadlineMs = deadlines.after(plan.latency?.value ?? plan.afterMs);
    deadlines.add(this);
  }

  override onDeadline(): void {
    this.stop();
    const first = this.#attempts.primary;
    if (first === null || first.headReceived) return;
    const member = this.#search.another(first.member);
    if (member === null) return;
    if (this.#upstream.outcomes.retryAllowed()) this.#attempts.startHedge(member);
    else this.#upstream.giveBack(member);
  }

  stop(): void {
    this.#deadlines.remove(this);
  }
}
