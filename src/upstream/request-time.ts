import type { ErrorCode } from '../exchange/errors.ts';
import type { ForwardPlan } from './forward-plan.ts';
import type { Phase } from './phase.ts';

interface Overdue {
  readonly code: ErrorCode;
  readonly detail: string;
}

/**
 * What a forwarded request waits for, and until when: each wait has its own bound, and so have the arrival
 * of the request and the whole. Moments are those of the deadlines.
 */
export class RequestTime {
  /** `member`: nobody is asked yet. */
  phase: Phase | 'member' = 'connect';
  readonly #plan: Pick<ForwardPlan, 'deadlines' | 'limits' | 'totalMs'>;
  readonly #requestUntilMs: number;
  #totalUntilMs: number;

  constructor(plan: Pick<ForwardPlan, 'deadlines' | 'limits' | 'totalMs'>) {
    this.#plan = plan;
    this.#totalUntilMs = plan.deadlines.after(plan.totalMs);
    this.#requestUntilMs = plan.deadlines.after(plan.limits.request.ms);
  }

  /** An ordinary answer would have had to be complete by now. */
  get isTotalOver(): boolean {
    return this.#plan.deadlines.nowMs >= this.#totalUntilMs;
  }

  /** What comes now takes as long as it takes: an event stream, or a client that still reads a whole answer. */
  liftTotal(): void {
    this.#totalUntilMs = Infinity;
  }

  /** @returns the moment at which this wait is over. */
  enter(phase: Phase): number {
    this.phase = phase;
    const { deadlines, limits } = this.#plan;
    const untilMs = Math.min(deadlines.after(limits[phase].ms), this.#totalUntilMs);
    return phase === 'client-body' ? Math.min(untilMs, this.#requestUntilMs) : untilMs;
  }

  /** @returns the moment at which nobody is looked for any more. */
  enterSearch(untilMs: number): number {
    this.phase = 'member';
    return Math.min(untilMs, this.#totalUntilMs);
  }

  /** What took too long, now that a wait for the upstream or for the request's body is over. */
  overdue(phase: Phase): Overdue {
    const { limits, totalMs, deadlines } = this.#plan;
    if (this.isTotalOver) return { code: 'upstream_timeout', detail: `the answer took longer than ${totalMs / 1000} s` };
    return limits[phase === 'client-body' && deadlines.nowMs >= this.#requestUntilMs ? 'request' : phase];
  }
}
