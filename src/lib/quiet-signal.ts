import type { Clock } from './clock.ts';

const TICK_MS = 50;

interface QuietTimes {
  /** Without a hint for so long, what is happening is over. */
  readonly quietMs: number;
  /** Whoever never stops hinting is not waited for any longer. */
  readonly longestMs: number;
}

/** Many hints become one call, when there have been none for a while. Hints during that call become another one. */
export class QuietSignal {
  readonly #clock: Clock;
  readonly #times: QuietTimes;
  readonly #onQuiet: () => void;
  #firstMs = 0;
  #lastMs = 0;
  #stop: (() => void) | null = null;
  #isClosed = false;

  constructor(clock: Clock, times: QuietTimes, onQuiet: () => void) {
    this.#clock = clock;
    this.#times = times;
    this.#onQuiet = onQuiet;
  }

  hint(): void {
    if (this.#isClosed) return;
    this.#lastMs = this.#clock.monotonicMs();
    if (this.#stop !== null) return;
    this.#firstMs = this.#lastMs;
    this.#stop = this.#clock.every(TICK_MS, () => this.#tick());
  }

  close(): void {
    this.#isClosed = true;
    this.#rest();
  }

  #tick(): void {
    const nowMs = this.#clock.monotonicMs();
    // The next tick would come too late for what must not be waited for any longer.
    if (nowMs - this.#lastMs < this.#times.quietMs && nowMs + TICK_MS - this.#firstMs <= this.#times.longestMs) return;
    this.#rest();
    this.#onQuiet();
  }

  #rest(): void {
    this.#stop?.();
    this.#stop = null;
  }
}
