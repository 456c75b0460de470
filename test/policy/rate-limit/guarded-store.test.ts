import t, { type Test } from 'tap';
import type { RateLimitsConfig } from '../../../src/config/rate-limits-config.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { GuardedStore, type RemoteLimits } from '../../../src/policy/rate-limit/guarded-store.ts';
import type { LimitQuestion, LimitStore, LimitVerdict } from '../../../src/policy/rate-limit/limit-store.ts';
import { RedisLimits } from '../../../src/policy/rate-limit/redis-store.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { startRedis } from '../../helpers/redis.ts';
import { requireService } from '../../helpers/service.ts';
import { eventually } from '../../helpers/wait-for.ts';
import { testStore } from './store-suite.ts';

type Mode = RateLimitsConfig['onStoreDown'];

const QUESTION: LimitQuestion = { key: 'k', windows: [{ requests: 10, periodMs: 60_000, burst: 9 }, { requests: 5, periodMs: 60_000, burst: 4 }] };
const VERDICT: LimitVerdict = { allowed: true, remaining: 3, resetMs: 1, retryAfterMs: 0, aheadMs: 0, window: 1 };
const LOCAL: LimitVerdict = { ...VERDICT, remaining: 77 };
/** The same, as the guarded store gives it out: it says that the store was not asked. */
const ALONE: LimitVerdict = { ...LOCAL, isStandIn: true };

interface Pending {
  readonly key: string;
  answer(): void;
  fail(problem?: string): void;
}

/** A store on another machine whose answers are given by the test. */
class ScriptedRemote implements RemoteLimits {
  readonly name = 'redis at r:1';
  /** Questions without an answer. */
  readonly pending: Pending[] = [];
  readonly givenBack: string[] = [];
  isClosed = false;
  clearProblem = '';

  async ask({ key }: LimitQuestion): Promise<LimitVerdict> {
    return new Promise((resolve, reject) => {
      this.pending.push({ key, answer: () => resolve(VERDICT), fail: (problem = 'broke') => reject(new Error(problem)) });
    });
  }

  async giveBack({ key }: LimitQuestion): Promise<void> {
    this.givenBack.push(key);
    throw new Error('lost');
  }

  async clear(): Promise<boolean> {
    if (this.clearProblem !== '') throw new Error(this.clearProblem);
    return true;
  }

  problemOf(error: unknown): string {
    return error instanceof Error ? error.message : '';
  }

  close(): void {
    this.isClosed = true;
  }
}

interface Bench {
  readonly store: GuardedStore;
  readonly remote: ScriptedRemote;
  readonly clock: ManualClock;
  readonly lines: string[];
  /** What was counted in memory instead. */
  readonly local: string[];
  readonly lose: (problem: string) => void;
  readonly take: () => Promise<LimitVerdict>;
}

async function bench(t: Test, onStoreDown: Mode = 'local'): Promise<Bench> {
  const remote = new ScriptedRemote();
  const clock = new ManualClock();
  const lines: string[] = [];
  const counted: string[] = [];
  const local: LimitStore = {
    take: ({ key }) => {
      counted.push(key);
      return LOCAL;
    },
    giveBack: ({ key }) => counted.push(`-${key}`),
    clear: async () => false,
    close: () => undefined,
  };
  const log = (message: string): void => {
    lines.push(message);
  };
  const listeners: Parameters<ConstructorParameters<typeof GuardedStore>[0]>[0][] = [];
  const store = new GuardedStore((listener) => {
    listeners.push(listener);
    return remote;
  }, { onStoreDown, timeoutMs: 50 }, { clock, random: () => 0.5, logger: { info: log, warn: log }, local });
  t.teardown(() => store.close());
  for (const listener of listeners) listener.onConnected();
  remote.pending.pop()?.answer();
  await store.known;
  return { store, remote, clock, lines, local: counted, lose: (problem) => listeners[0]?.onLost(problem), take: async () => store.take(QUESTION) };
}

/** Lets the deadline of everything that was asked pass. */
async function pass(clock: ManualClock, ms = 60): Promise<void> {
  clock.advance(ms);
  await new Promise((resolve) => { setImmediate(resolve); });
}

await t.test('the store decides as long as it answers', async (t) => {
  const { remote, take, local } = await bench(t);
  const verdict = take();
  remote.pending.pop()?.answer();
  t.strictSame(await verdict, VERDICT);
  t.strictSame(local, []);
});

await t.test('no answer in time: local counts here, allow lets pass, deny is 503', async (t) => {
  for (const [mode, expected] of [['local', ALONE], ['allow', { ...VERDICT, remaining: 4, resetMs: 0, window: 1, isStandIn: true }]] as const) {
    const { clock, take } = await bench(t, mode);
    const verdict = take();
    await pass(clock);
    t.strictSame(await verdict, expected, mode);
  }
  const { clock, take } = await bench(t, 'deny');
  const refused = take().catch((error: unknown) => error);
  await pass(clock);
  t.match(await refused, { code: 'limits_unavailable' });
});

await t.test('an error is as good as no answer, and need not be waited for', async (t) => {
  const { remote, take } = await bench(t);
  const verdict = take();
  remote.pending.pop()?.fail('is out of memory');
  t.strictSame(await verdict, ALONE);
});

await t.test('nobody is given up before the deadline', async (t) => {
  const { clock, take, remote } = await bench(t);
  const verdict = take();
  await pass(clock, 45);
  remote.pending.pop()?.answer();
  t.strictSame(await verdict, VERDICT);
});

await t.test('an answer that is there when a late thread comes to look is taken', async (t) => {
  const { clock, take, remote } = await bench(t);
  const verdict = take();
  clock.advance(500);
  remote.pending.pop()?.answer();
  t.strictSame(await verdict, VERDICT);
});

await t.test('a late answer changes nothing and is kept by nobody', async (t) => {
  const { clock, take, remote } = await bench(t);
  const verdict = take();
  const late = remote.pending.pop();
  await pass(clock);
  t.strictSame(await verdict, ALONE);
  late?.answer();
  await pass(clock, 100);
  t.equal(clock.tickers, 0, 'nothing is waited for any more');
});

await t.test('after three failures in a row nobody waits, and the store is not asked but by a probe', async (t) => {
  const { clock, take, remote, lines, local } = await bench(t);
  const verdicts = Promise.all([take(), take(), take()]);
  await pass(clock);
  t.strictSame(await verdicts, [ALONE, ALONE, ALONE]);
  remote.pending.length = 0;
  t.strictSame([await take(), await take()], [ALONE, ALONE]);
  t.strictSame(remote.pending, []);
  t.equal(local.length, 5);
  t.match(lines, [/each gateway counts for itself/]);
  await pass(clock, 100);
  t.strictSame(remote.pending.map(({ key }) => key), ['-']);
  remote.pending.pop()?.answer();
  await eventually(() => lines.length === 2);
  const verdict = take();
  remote.pending.pop()?.answer();
  t.strictSame(await verdict, VERDICT, 'and it decides again');
});

await t.test('deny says why, to the log alone', async (t) => {
  const { take, lose, lines } = await bench(t, 'deny');
  lose('refuses the connection');
  await t.rejects(take(), { code: 'limits_unavailable', detail: 'redis at r:1 refuses the connection' });
  t.match(lines, [/answered with 503/]);
});

await t.test('a probe without an answer leaves it down', async (t) => {
  const { clock, lose, remote, store } = await bench(t, 'allow');
  lose('went away');
  await pass(clock, 100);
  t.equal(remote.pending.length, 1);
  await pass(clock, 60);
  await eventually(() => clock.tickers > 0);
  t.match(store.take(QUESTION), { remaining: 4 }, 'at once, not as a promise');
});

await t.test('what is given back goes to where it is counted, and a failure of that is nobody\'s', async (t) => {
  const { store, remote, lose, local } = await bench(t);
  store.giveBack(QUESTION);
  t.strictSame(remote.givenBack, ['k']);
  lose('went away');
  store.giveBack(QUESTION);
  t.strictSame(local, ['-k']);
});

await t.test('a key is forgotten in both places, and it is told where one cannot', async (t) => {
  const { store, remote } = await bench(t);
  t.equal(await store.clear('k'), true);
  remote.clearProblem = 'is not connected';
  await t.rejects(store.clear('k'), { code: 'limits_unavailable', detail: 'redis at r:1 is not connected' });
});

await t.test('close decides what is still open, and ends everything', async (t) => {
  const { store, remote, clock, take } = await bench(t);
  const verdict = take();
  store.close();
  t.strictSame(await verdict, ALONE);
  t.equal(clock.tickers, 0);
  t.equal(remote.isClosed, true);
});

await t.test('with a Redis', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const server = await startRedis(t, program);
  const nowhere: LimitStore = { take: () => LOCAL, clear: async () => false, close: () => undefined };
  let stores = 0;
  const open = async (t: Test, timeoutMs = 2000): Promise<GuardedStore> => {
    stores++;
    const store = new GuardedStore((listener) => new RedisLimits(server.url, `store${stores}`, listener), { onStoreDown: 'local', timeoutMs }, {
      clock: systemClock, random: Math.random, logger: { info: () => undefined, warn: () => undefined }, local: nowhere,
    });
    t.teardown(() => store.close());
    await store.known;
    return store;
  };

  await t.test('conformance', async (t) => testStore(t, async (t) => ({ store: await open(t), advance: null }), 1500));

  await t.test('a server that falls silent costs a few requests its deadline, the others nothing, and is used again when it wakes', async (t) => {
    const store = await open(t, 50);
    server.freeze();
    const startMs = performance.now();
    t.strictSame(await Promise.all(Array.from({ length: 5 }, async () => store.take(QUESTION))), Array.from({ length: 5 }, () => ALONE));
    const waitedMs = performance.now() - startMs;
    t.ok(waitedMs >= 50 && waitedMs < 500, `${waitedMs} ms`);
    t.strictSame(store.take(QUESTION), ALONE, 'at once');
    server.wake();
    t.match(await eventually(async () => {
      const verdict = await store.take(QUESTION);
      return verdict.remaining === LOCAL.remaining ? null : verdict;
    }, 5000), { window: 1 });
  });
});
