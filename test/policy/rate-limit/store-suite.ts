import type { Test } from 'tap';
import type { LimitStore, LimitVerdict, LimitWindow } from '../../../src/policy/rate-limit/limit-store.ts';

/** A store with nothing counted yet. */
export interface StoreUnderTest {
  readonly store: LimitStore;
  /** Moves its clock on; null where nobody can, and then what needs it is left out. */
  readonly advance: ((ms: number) => void | Promise<void>) | null;
}

/** `{ requests, periodMs, burst }` of so many requests in a period; by default all of them may come at once. */
export function windowOf(requests: number, periodMs: number, burst = requests - 1): LimitWindow {
  return { requests, periodMs, burst };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

async function ask(store: LimitStore, key: string, ...windows: LimitWindow[]): Promise<LimitVerdict> {
  return store.take({ key, windows });
}

async function allowed(store: LimitStore, count: number, key: string, ...windows: LimitWindow[]): Promise<number> {
  const verdicts = await Promise.all(Array.from({ length: count }, async () => ask(store, key, ...windows)));
  return verdicts.filter((verdict) => verdict.allowed).length;
}

/** What every store must do. Times may be wrong by `slackMs`, where the clock is not in hand. */
export async function testStore(t: Test, start: (t: Test) => Promise<StoreUnderTest>, slackMs = 0): Promise<void> {
  const about = (t: Test, actual: number, expected: number, what: string): void => {
    t.ok(Math.abs(actual - expected) <= slackMs + 1e-6, `${what}: ${actual} ms, expected ${expected} ms`);
  };

  await t.test('10/min lets ten in at once and not one more, however many come together', async (t) => {
    const { store } = await start(t);
    t.equal(await allowed(store, 100, 'a', windowOf(10, MINUTE_MS)), 10);
    t.equal(await allowed(store, 10, 'b', windowOf(10, MINUTE_MS)), 10, 'another key has counts of its own');
  });

  await t.test('a burst is what may come beyond the first', async (t) => {
    const { store } = await start(t);
    t.equal(await allowed(store, 50, 'a', windowOf(10, MINUTE_MS, 20)), 21);
    t.equal(await allowed(store, 50, 'b', windowOf(10, MINUTE_MS, 0)), 1);
    t.equal(await allowed(store, 2000, 'c', windowOf(1000, HOUR_MS)), 1000);
  });

  await t.test('what is left, and when it is full again, is said each time', async (t) => {
    const { store } = await start(t);
    const window = windowOf(10, MINUTE_MS);
    const first = await ask(store, 'a', window);
    t.match(first, { allowed: true, remaining: 9, retryAfterMs: 0, window: 0 });
    about(t, first.resetMs, 6000, 'reset');
    about(t, first.aheadMs, 0, 'ahead');
    const second = await ask(store, 'a', window);
    t.match(second, { allowed: true, remaining: 8 });
    about(t, second.resetMs, 12_000, 'reset');
    about(t, second.aheadMs, 6000, 'ahead');
    for (let i = 0; i < 8; i += 1) await ask(store, 'a', window);
    const refused = await ask(store, 'a', window);
    t.match(refused, { allowed: false, remaining: 0, window: 0 });
    about(t, refused.resetMs, 60_000, 'reset');
    about(t, refused.retryAfterMs, 6000, 'retry');
  });

  await t.test('several windows are taken from together or not at all', async (t) => {
    const { store } = await start(t);
    const [minute, hour] = [windowOf(3, MINUTE_MS), windowOf(5, HOUR_MS)];
    t.equal(await allowed(store, 20, 'a', minute, hour), 3, 'the minute refuses');
    const refused = await ask(store, 'a', minute, hour);
    t.match(refused, { allowed: false, window: 0 });
    about(t, refused.retryAfterMs, 20_000, 'retry');
    const swapped = await Promise.all(Array.from({ length: 10 }, async () => ask(store, 'b', hour, minute)));
    t.equal(swapped.filter((verdict) => verdict.allowed).length, 3);
    t.match(swapped.at(-1), { window: 1 }, 'the order of the windows is that of the question');
  });

  await t.test('the window with least left is the one that is told of, and the longest wait of those that refuse', async (t) => {
    const { store } = await start(t);
    const [minute, hour] = [windowOf(5, MINUTE_MS), windowOf(3, HOUR_MS)];
    t.match(await ask(store, 'a', minute, hour), { remaining: 2, window: 1 });
    const later = await ask(store, 'a', minute, hour);
    t.match(later, { remaining: 1, window: 1 });
    about(t, later.aheadMs, HOUR_MS / 3, 'it is furthest ahead of the hour');
    await ask(store, 'a', minute, hour);
    const both = [windowOf(1, MINUTE_MS), windowOf(1, HOUR_MS)];
    await ask(store, 'b', ...both);
    const refused = await ask(store, 'b', ...both);
    t.match(refused, { allowed: false, window: 1 });
    about(t, refused.retryAfterMs, HOUR_MS, 'retry');
  });

  await t.test('a key that is cleared begins anew, and one that is not there cannot be', async (t) => {
    const { store } = await start(t);
    await ask(store, 'a', windowOf(1, HOUR_MS));
    t.equal((await ask(store, 'a', windowOf(1, HOUR_MS))).allowed, false);
    t.equal(await store.clear('a'), true);
    t.equal(await store.clear('never'), false);
    t.equal((await ask(store, 'a', windowOf(1, HOUR_MS))).allowed, true);
  });

  await t.test('keys may be long, and have any characters', async (t) => {
    const { store } = await start(t);
    for (const key of ['', 'a\0b', 'a b', 'é€😀', '{x}', 'x'.repeat(300), 'x'.repeat(301)]) t.equal(await allowed(store, 3, key, windowOf(2, HOUR_MS)), 2, key.slice(0, 10));
  });

  await t.test('time gives back one by one', async (t) => {
    const { store, advance } = await start(t);
    if (advance === null) return;
    const window = windowOf(10, MINUTE_MS);
    t.equal(await allowed(store, 20, 'a', window), 10);
    await advance(5999);
    t.equal(await allowed(store, 20, 'a', window), 0);
    await advance(1);
    t.equal(await allowed(store, 20, 'a', window), 1);
    await advance(30_000);
    t.equal(await allowed(store, 20, 'a', window), 5);
    await advance(HOUR_MS);
    t.equal(await allowed(store, 20, 'a', window), 10, 'and never more than fits');
  });

  await t.test('a refused request costs nothing in any window', async (t) => {
    const { store, advance } = await start(t);
    if (advance === null) return;
    const windows = [windowOf(2, MINUTE_MS), windowOf(4, HOUR_MS)];
    t.equal(await allowed(store, 30, 'a', ...windows), 2);
    await advance(MINUTE_MS);
    t.equal(await allowed(store, 30, 'a', ...windows), 2, 'the hour has counted two');
    await advance(MINUTE_MS);
    t.equal(await allowed(store, 30, 'a', ...windows), 0, 'and now it is full');
  });

  await t.test('1000/s and 1/day are both exact', async (t) => {
    const { store, advance } = await start(t);
    if (advance === null) return;
    const [fast, slow] = [windowOf(1000, 1000), windowOf(1, 86_400_000)];
    t.equal(await allowed(store, 1500, 'fast', fast), 1000);
    await advance(100);
    t.equal(await allowed(store, 1500, 'fast', fast), 100);
    t.equal(await allowed(store, 5, 'slow', slow), 1);
    await advance(86_399_999);
    t.equal(await allowed(store, 5, 'slow', slow), 0);
    await advance(1);
    t.equal(await allowed(store, 5, 'slow', slow), 1);
  });
}
