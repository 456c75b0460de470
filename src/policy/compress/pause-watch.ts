import type { Clock } from '../../lib/clock.ts';

/** An upstream that says nothing more for so long has paused. */
const PAUSE_MS = 10;

/** Notices that an upstream has paused. While it writes, one timer looks now and then: a timer for each piece would cost more. */
export class PauseWatch {
  readonly #clock: Clock;
  readonly #onPause: () => boolean;
  #moved = false;
  #stop: (() => void) | null = null;

  /** @param onPause returns false to be told again. */
  constructor(clock: Clock, onPause: () => boolean) {
    this.#clock = clock;
    this.#onPause = onPause;
  }

  /** Something has come. */
  touch(): void {
    this.#moved = true;
    this.#stop ??= this.#clock.every(PAUSE_MS, () => this.#look());
  }

  stop(): void {
    this.#stop?.();
    this.#stop = null;
  }

  #look(): void {
    if (this.#moved) this.#moved = false;
    else if (this.#onPause()) this.stop();
  }
}
