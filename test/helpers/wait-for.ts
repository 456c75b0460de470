import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/**
 * Calls `check` until it gives a truthy value, and returns that. For the few things that send no event;
 * where there is one, wait for it. Rejects after `timeoutMs` (default 2000) with what the last call
 * threw, or with a plain message.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  timeoutMs: number = 2000,
): Promise<Exclude<T, null | undefined | false | 0 | ''>> {
  const deadlineMs = performance.now() + timeoutMs;
  for (let calls = 1; ; calls++) {
    let failure: unknown;
    try {
      const value = await check();
      if (value) return value as Exclude<T, null | undefined | false | 0 | ''>;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadlineMs) {
      throw new Error(`still not so after ${timeoutMs} ms: ${check.toString()}`, { cause: failure });
    }
    await (calls < 10 ? nextTurn() : pause(5));
  }
}
