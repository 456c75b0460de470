import type { Clock } from '../../lib/clock.ts';
import { AcmeError } from './acme-types.ts';

/** A bound on everything done in its name: what takes a signal is given `signal`. */
interface Deadline {
  readonly signal: AbortSignal;
  /** To be called when the work is done, whatever came of it. */
  end(): void;
}

/** @param what a sentence for the error, such as `the order took longer than 10 minutes`. */
export function startDeadline(clock: Clock, timeoutMs: number, what: string): Deadline {
  const controller = new AbortController();
  const stop = clock.every(timeoutMs, () => {
    stop();
    controller.abort(new AcmeError(what, 'timeout', null));
  });
  return { signal: controller.signal, end: stop };
}

/** Waits `ms`, at least 1. Rejects with the signal's reason as soon as that is aborted. */
export async function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve } = Promise.withResolvers<void>();
  const stop = clock.every(Math.max(ms, 1), resolve);
  try {
    await orAborted(promise, signal);
  } finally {
    stop();
  }
}

/** The promise, or the signal's reason where that comes first: for work that takes no signal. */
export async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
