import t from 'tap';
import type { KeyedLimits } from '../../../src/config/policies/rate-limit.ts';
import { GatewayError } from '../../../src/exchange/errors.ts';
import type { Exchange } from '../../../src/exchange/exchange.ts';
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

async function run(phase: LimitPhase): Promise<{ exchange: Exchange; error: unknown }> {
  const { exchange } = sampleExchange();
  try {
    await phase.run(exchange);
    return { exchange, error: null };
  } catch (error) {
    return { exchange, error };
  }
}

const PLAIN = { room: null, fields: true, onWouldRefuse: null };

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
