/** Time as a service, so that tests hold the clock. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Monotonic milliseconds with a fraction, for durations. */
  monotonicMs(): number;
  /** Monotonic milliseconds with a fraction, which every thread of the process reads alike. Counted from no particular moment. */
  processMs(): number;
  /** Calls `tick` every `periodMs` until the returned function is called. Does not keep the process alive. */
  every(periodMs: number, tick: () => void): () => void;
}

/** `performance` counts from the start of its own thread; what is added brings all threads to the clock of the system. */
const THREAD_START_MS = systemMs() - performance.now();

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  processMs: () => THREAD_START_MS + performance.now(),
  every(periodMs, tick) {
    const timer = setInterval(tick, periodMs);
    timer.unref();
    return () => clearInterval(timer);
  },
};

function systemMs(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}
