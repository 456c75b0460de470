import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';

/** Calls after which a wait is a long one, and a look every 5 ms would only take time from what is waited for. */
const OFTEN = 60;

/**
 * Calls `check` until it gives a truthy value, and returns that. For the few things that send no event;
 * where there is one, wait for it. Rejects after `timeoutMs` (default 20 s: a machine may be busy) with what the last call
 * threw, or with a plain message.
 */
export async function eventually<T>(
  check: () => T | Promise<T>,
  timeoutMs: number = 20_000,
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
    await (calls < 10 ? nextTurn() : pause(calls < OFTEN ? 5 : 25));
  }
}

const UNMOVED_READS = 10;

/**
 * Waits until a number that something drives has come to rest, and returns it: for buffers that fill up until
 * nothing moves any more, which sends no event.
 */
export async function unmoved(read: () => number): Promise<number> {
  let last = read();
  let same = 0;
  await eventually(async () => {
    await pause(5);
    const now = read();
    same = now === last ? same + 1 : 0;
    last = now;
    return same === UNMOVED_READS;
  }, 5000);
  return last;
}
