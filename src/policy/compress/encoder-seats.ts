import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observe/logger.ts';

/** That there are too few is said at most so often. */
const SILENCE_MS = 60_000;

/** How many answers one worker is compressing piece by piece: each holds memory for as long as its client reads. */
export class EncoderSeats {
  taken = 0;
  /** Of those, event streams, which may stay for hours. */
  live = 0;
  /** Answers that went out as they were because there was no seat. */
  refused = 0;
  #unsaid = 0;
  #silentUntilMs = -Infinity;

  /** @param max of all, of which event streams get half. @returns false where there is none left. */
  take(max: number, isLive: boolean): boolean {
    if (this.taken >= max || (isLive && this.live * 2 >= max)) return false;
    this.taken += 1;
    if (isLive) this.live += 1;
    return true;
  }

  free(isLive: boolean): void {
    this.taken -= 1;
    if (isLive) this.live -= 1;
  }

  /** An answer goes out as it is for want of a seat. */
  refuse({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }): void {
    this.refused += 1;
    this.#unsaid += 1;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#silentUntilMs) return;
    this.#silentUntilMs = nowMs + SILENCE_MS;
    logger.warn('as many answers are being compressed as `compress.atOnce` allows; others go out as they are', { answers: this.#unsaid });
    this.#unsaid = 0;
  }

  /** Holds nothing that needs closing. */
  close(): void {}
}
