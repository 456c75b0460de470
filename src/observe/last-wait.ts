import type { Clock } from '../lib/clock.ts';

/** What is still to be written at the end of a thread gets so long. */
const LAST_WAIT_MS = 500;

/** The wait of an output at its end, for what it still holds. */
export class LastWait {
  #over: () => void = () => undefined;

  /** @param lastTry begins to write all there is. Resolves at {@link over}, which it may call itself, or when the time is used up. */
  async begin(clock: Clock, lastTry: () => void): Promise<void> {
    await new Promise<void>((resolve) => {
      const stop = clock.every(LAST_WAIT_MS, () => this.#over());
      this.#over = () => {
        stop();
        resolve();
      };
      lastTry();
    });
  }

  /** Nothing is left to be written, or nothing more can be. */
  over(): void {
    this.#over();
  }
}
