import type { Clock } from './clock.ts';

const LOOK_MS = 50;

/** Looks again every 50 ms, until it is so or the time is over. */
export async function until(clock: Clock, isSo: () => boolean, timeoutMs: number): Promise<void> {
  const untilMs = clock.monotonicMs() + timeoutMs;
  return new Promise((resolve) => {
    const stop = clock.every(LOOK_MS, look);
    function look(): void {
      if (!isSo() && clock.monotonicMs() < untilMs) return;
      stop();
      resolve();
    }
    look();
  });
}
