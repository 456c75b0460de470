import t from 'tap';
import type { KeyedLimits } from '../../../src/config/policies/rate-limit.ts';
import { GatewayError } from '../../../src/exchange/errors.ts';
import type { Exchange } from '../../../src/exchange/exchange.ts';
import { MetricsHub } from '../../../src/observe/metrics/metrics-hub.ts';
import type { RouteOutcomes } from '../../../src/observe/metrics/route-outcomes.ts';
import type { MetricsSnapshot } from '../../../src/observe/metrics/snapshot.ts';
import { WorkerMetrics } from '../../../src/observe/metrics/worker-metrics.ts';
import { DelayRoom } from '../../../src/policy/rate-limit/delay-room.ts';
import { LimitPhase } from '../../../src/policy/rate-limit/limit-phase.ts';
import type { LimitStore } from '../../../src/policy/rate-limit/limit-store.ts';
import { Limiter } from '../../../src/policy/rate-limit/limiter.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { policyServices } from '../../helpers/policies.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';

/** A limit that counts all requests together. */
function limit(requests: number): Limiter {
  const keyed: KeyedLimits = { key: { of: 'global', name: '' }, windows: [{ name: `${requests}/hour`, requests, periodMs: 3_600_000, burst: requests - 1 }] };
  return new Limiter(keyed, 'r', null);
}

/** The same store, which answers later. */
function late(store: LimitStore): LimitStore {
  return { ...bound(store), take: async (question) => store.take(question) };
}

function bound(store: LimitStore): LimitStore {
  return { take: (question) => store.take(question), giveBack: (question) => store.giveBack?.(question), clear: async (key) => store.clear(key), close: () => store.close() };
}

async function run(phase: LimitPhase, outcomes: RouteOutcomes | null = null): Promise<{ exchange: Exchange; error: unknown }> {
  const { exchange } = sampleExchange();
  exchange.outcomes = outcomes;
  try {
    await phase.run(exchange);
    return { exchange, error: null };
  } catch (error) {
    return { exchange, error };
  }
}

function countsIn(snapshot: MetricsSnapshot): Record<string, number> {
  const hub = new MetricsHub();
  hub.apply({}, snapshot);
  const named = [...hub.totals].filter(({ metric }) => metric.name === 'sluice_rate_limit_decisions_total').map(({ labels, values }) => [labels[1] ?? '', values[0] ?? 0] as const);
  return Object.fromEntries(named.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const PLAIN = { room: null, fields: true, onWouldRefuse: null, isLast: true };

for (const [kind, storeOf] of [['at once', bound], ['later', late]] as const) {
  await t.test(`a request that one limit refuses counts for none, where the store answers ${kind}`, async (t) => {
    const store = storeOf(policyServices().limits);
    const [wide, narrow, early] = [limit(10), limit(2), limit(5)];
    const phase = new LimitPhase([wide, narrow], [early], { ...PLAIN, store });
    const verdicts = [];
    for (let i = 0; i < 50; i += 1) {
      await store.take(early.questionOf(sampleExchange().exchange));
      verdicts.push(await run(phase));
    }
    t.equal(verdicts.filter(({ error }) => error === null).length, 2);
    t.match(verdicts[2]?.error, { code: 'rate_limited', detail: /more than 2\/hour by global/, headers: ['Retry-After', '1800'] });
    t.match((await store.take(wide.questionOf(sampleExchange().exchange))).remaining, 7);
    t.match((await store.take(early.questionOf(sampleExchange().exchange))).remaining, 2, 'nor for what was asked in an earlier phase');
  });

  await t.test(`the client is told of every limit, and of a refusal alone, where the store answers ${kind}`, async (t) => {
    const phase = new LimitPhase([limit(3), limit(1)], [], { ...PLAIN, store: storeOf(policyServices().limits) });
    const first = await run(phase);
    t.equal(first.exchange.rateLimit, '"3/hour";r=2;t=1200, "1/hour";r=0;t=3600');
    t.equal(first.exchange.rateLimitPolicy, '"3/hour";q=3;w=3600, "1/hour";q=1;w=3600');
    const second = await run(phase);
    t.equal(second.exchange.rateLimit, '"1/hour";r=0;t=3600');
  });
}

await t.test('a store that has nothing to say has the last word, unless it is a dry run', async (t) => {
  const store: LimitStore = { ...bound(policyServices().limits), take: async () => Promise.reject(new GatewayError('limits_unavailable', 'down')) };
  t.match((await run(new LimitPhase([limit(1)], [], { ...PLAIN, store }))).error, { code: 'limits_unavailable' });
  t.equal((await run(new LimitPhase([limit(1)], [], { ...PLAIN, store, onWouldRefuse: () => undefined }))).error, null);
});

await t.test('requests wait for their turn, and those that find the room full are refused and not counted', async (t) => {
  const clock = new ManualClock();
  const { limits: store } = policyServices(clock);
  const room = new DelayRoom(clock, 2);
  const minute = new Limiter({ key: { of: 'global', name: '' }, windows: [{ name: '60/min', requests: 60, periodMs: 60_000, burst: 10 }] }, 'r', null);
  const phase = new LimitPhase([minute], [], { ...PLAIN, store, room });
  let passed = 0;
  const all = Array.from({ length: 4 }, async () => run(phase).then(({ error }) => {
    if (error === null) passed += 1;
    return error;
  }));
  t.match(await all[3], { code: 'rate_limited', detail: /wait for their turn/, headers: ['Retry-After', '3'] });
  await all[0];
  t.equal(passed, 1);
  clock.advance(1000);
  await all[1];
  t.equal(passed, 2);
  clock.advance(1000);
  await all[2];
  t.equal(passed, 3);
  t.match(store.take(minute.questionOf(sampleExchange().exchange)), { aheadMs: 1000 });
});

await t.test('nobody waits for hours', async (t) => {
  const clock = new ManualClock();
  const phase = new LimitPhase([limit(10)], [], { ...PLAIN, store: policyServices(clock).limits, room: new DelayRoom(clock, 10) });
  t.equal((await run(phase)).error, null);
  t.match((await run(phase)).error, { detail: /turn comes in 360 s/, headers: ['Retry-After', '360'] });
});

await t.test('each request is one decision: of the last phase, or of the one that says more than yes', async (t) => {
  const { limits } = policyServices();
  const verdict = { allowed: true, remaining: 1, resetMs: 0, retryAfterMs: 0, aheadMs: 0, window: 0 };
  const stores = { well: bound(limits), alone: { ...bound(limits), take: () => ({ ...verdict, isStandIn: true }) }, down: { ...bound(limits), take: async () => Promise.reject(new Error('down')) } };
  const said = async (store: LimitStore, requests: number, change: Partial<ConstructorParameters<typeof LimitPhase>[2]> = {}): Promise<Record<string, number>> => {
    const metrics = new WorkerMetrics();
    const phase = new LimitPhase([limit(2), limit(50)], [], { ...PLAIN, store, ...change });
    for (let i = 0; i < requests; i += 1) await run(phase, metrics.outcomesOf('r'));
    return countsIn(metrics.snapshot());
  };
  t.strictSame(await said(stores.well, 5), { allowed: 2, limited: 3 });
  t.strictSame(await said(late(policyServices().limits), 5, { isLast: false }), { limited: 3 }, 'the later phase says yes');
  t.strictSame(await said(bound(policyServices().limits), 5, { onWouldRefuse: () => undefined }), { allowed: 2, dry_run: 3 });
  t.strictSame(await said(stores.alone, 2, { isLast: false }), { store_failed: 2 });
  t.strictSame(await said(stores.down, 2), { unavailable: 2 });
  t.strictSame(await said(stores.down, 2, { onWouldRefuse: () => undefined }), { store_failed: 2 });
  const clock = new ManualClock();
  const room = new DelayRoom(clock, 1);
  const metrics = new WorkerMetrics();
  const phase = new LimitPhase([limit(10)], [], { ...PLAIN, store: policyServices(clock).limits, room: new DelayRoom(clock, 10) });
  for (let i = 0; i < 2; i += 1) await run(phase, metrics.outcomesOf('r'));
  const slow = new LimitPhase([limit(3600)], [], { ...PLAIN, store: policyServices(clock).limits, room });
  const waiting = Array.from({ length: 3 }, async () => run(slow, metrics.outcomesOf('r')));
  clock.advance(1000);
  await Promise.all(waiting);
  t.strictSame(countsIn(metrics.snapshot()), { allowed: 2, delayed: 1, limited: 2 });
});
