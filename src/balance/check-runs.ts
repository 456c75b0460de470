import type { Clock } from '../lib/clock.ts';
import { connectionErrorWords } from './check-dialer.ts';

export interface CheckResult {
  readonly isGood: boolean;
  /** What was found, in a few words: `503 from /health`. */
  readonly text: string;
}

/** Begins one check; `done` may be called more than once, the first counts. @returns what stops it. */
export type Check = (done: (result: CheckResult) => void) => () => void;

interface Run {
  readonly check: Check;
  readonly timeoutMs: number;
  readonly onResult: (result: CheckResult, tookMs: number) => void;
  /** Monotonic; Infinity while it waits for a place. */
  startedMs: number;
  stop: () => void;
}

/**
 * Checks that run side by side, no more than `runsMax` at once: the others wait their turn, so that a
 * thousand members cost no thousand sockets. One that takes too long is stopped and has failed.
 */
export class CheckRuns {
  readonly #clock: Clock;
  readonly #runsMax: number;
  readonly #waiting = new Set<Run>();
  readonly #running = new Set<Run>();

  constructor(clock: Clock, runsMax: number) {
    this.#clock = clock;
    this.#runsMax = runsMax;
  }

  get runningCount(): number {
    return this.#running.size;
  }

  /**
   * Starts a check now or when there is a place.
   * @param timeoutMs of the whole check, from its start.
   * @returns cancels it: there is no result then.
   */
  add(check: Check, timeoutMs: number, onResult: (result: CheckResult, tookMs: number) => void): () => void {
    const run: Run = { check, timeoutMs, onResult, startedMs: Infinity, stop: () => undefined };
    this.#waiting.add(run);
    this.#startWaiting();
    return () => {
      this.#waiting.delete(run);
      if (!this.#running.delete(run)) return;
      run.stop();
      this.#startWaiting();
    };
  }

  /** Ends what is overdue. To be called every tick. */
  expire(): void {
    const nowMs = this.#clock.monotonicMs();
    for (const run of this.#running) {
      if (nowMs - run.startedMs >= run.timeoutMs) this.#end(run, { isGood: false, text: `no answer within ${run.timeoutMs / 1000} s` });
    }
  }

  close(): void {
    this.#waiting.clear();
    for (const run of this.#running) run.stop();
    this.#running.clear();
  }

  #startWaiting(): void {
    for (const run of this.#waiting) {
      if (this.#running.size >= this.#runsMax) return;
      this.#waiting.delete(run);
      this.#start(run);
    }
  }

  #start(run: Run): void {
    run.startedMs = this.#clock.monotonicMs();
    this.#running.add(run);
    try {
      run.stop = run.check((result) => this.#end(run, result));
    } catch (error) {
      const text = error instanceof Error ? connectionErrorWords(error) : String(error);
      queueMicrotask(() => this.#end(run, { isGood: false, text }));
    }
  }

  #end(run: Run, result: CheckResult): void {
    if (!this.#running.delete(run)) return;
    run.stop();
    const tookMs = this.#clock.monotonicMs() - run.startedMs;
    this.#startWaiting();
    run.onResult(result, tookMs);
  }
}
