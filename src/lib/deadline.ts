import type { Clock } from './clock.ts';

/**
 * What `work` resolves to, if it does so in time. The work itself goes on; whoever started it may want to
 * cancel it.
 * @throws Error saying that there was no answer within `timeoutMs`.
 */
export async function withDeadline<T>(clock: Clock, timeoutMs: number, work: Promise<T>): Promise<T> {
  const overdue = Promise.withResolvers<never>();
  const stop = clock.every(timeoutMs, () => overdue.reject(new Error(`no answer within ${timeoutMs / 1000} s`)));
  try {
    return await Promise.race([work, overdue.promise]);
  } finally {
    stop();
  }
}
