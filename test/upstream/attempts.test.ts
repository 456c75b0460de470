import t, { type Test } from 'tap';
import { parseTarget } from '../../src/config/target.ts';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { LatencyQuantile } from '../../src/lib/latency-quantile.ts';
import { Slots } from '../../src/lib/slots.ts';
import { Trace } from '../../src/observe/traces/trace.ts';
import type { AttemptOwner } from '../../src/upstream/attempt.ts';
import { Attempts } from '../../src/upstream/attempts.ts';
import type { ForwardPlan } from '../../src/upstream/forward-plan.ts';
import { Member } from '../../src/upstream/member.ts';
import { ConnectionPool } from '../../src/upstream/pool.ts';
import type { RouteSeats } from '../../src/upstream/route-seats.ts';
import { UpstreamRuntime } from '../../src/upstream/upstream-runtime.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { someSlotMemory } from '../helpers/literal-roster.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { startScriptedUpstream } from '../helpers/scripted-upstream.ts';
import type { TestUpstream } from '../helpers/upstream.ts';
import { eventually } from '../helpers/wait-for.ts';
import { RecordingOutcomes } from './recording-outcomes.ts';

interface Books {
  readonly attempts: Attempts;
  readonly members: readonly [Member, Member];
  readonly upstream: TestUpstream;
  readonly outcomes: RecordingOutcomes;
  readonly clock: ManualClock;
  readonly latency: LatencyQuantile;
  readonly target: () => string;
  readonly attemptMs: () => number;
  readonly inFlight: () => number[];
  readonly trace: Trace;
}

/** Two members `a` and `b` behind one server that never says anything. */
async function startBooks(t: Test, rewrite: ForwardPlan['rewrite'] = null): Promise<Books> {
  const upstream = await startScriptedUpstream(t);
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock, () => undefined);
  const { name, tls, keepAlive, retry, hold, limit } = upstreamOf('hold: off');
  const slots = new Slots(someSlotMemory(1), 1);
  const outcomes = new RecordingOutcomes();
  const latency = new LatencyQuantile(0.5, 1);
  const source = { pick: () => null, headersFor: () => null, epoch: 0 };
  const runtime = new UpstreamRuntime({ name, isH2: false, members: source, outcomes, retry, hold, limit, deadlines, hedge: { latency, afterMs: Infinity } });
  const memberOf = (key: string, slot: number): Member => {
    const target = { ...parseTarget(upstream.target), weight: 1, backup: false };
    const member = new Member(key, target, new ConnectionPool({ ...target, address: '127.0.0.1' }, tls, keepAlive, deadlines), slots.slot(slot));
    outcomes.admitted(member);
    runtime.takePlace(member);
    return member;
  };
  const members: [Member, Member] = [memberOf('a', 2), memberOf('b', 3)];
  const { exchange } = sampleExchange();
  const trace = new Trace('0af7651916cd43dd8448eb211c80319c', '', 3, '', true);
  exchange.trace = trace;
  const owner = { exchange, body: null, onConnected: () => undefined, wait: () => undefined, onFailed: () => undefined } as unknown as AttemptOwner;
  const attempts = new Attempts(owner, exchange, { upstream: runtime, clock, rewrite, hostHeader: null } as unknown as ForwardPlan);
  t.teardown(() => attempts.dropAll());
  return { attempts, members, upstream, outcomes, clock, latency, target: () => exchange.target, attemptMs: () => exchange.attemptMs, inFlight: () => members.map(({ slot }) => slot.inFlight), trace };
}

await t.test('each attempt has one outcome and one place, however often its end is told', async (t) => {
  const { attempts, members: [a], outcomes, inFlight } = await startBooks(t);
  attempts.primary = attempts.open(a, false);
  const attempt = attempts.primary;
  attempts.settle(attempt, 'timeout');
  attempts.settle(attempt, 'answered');
  attempts.drop(attempt);
  attempts.drop(attempt);
  attempts.leave(attempt);
  t.strictSame([outcomes.told, inFlight(), attempts.primary], [['a failed timeout'], [0, 1], null]);
});

await t.test('what each kind of end means for the member', async (t) => {
  const kinds = [
    ['answered', 'a succeeded 30'], ['connect', 'a connect failed'], ['reset', 'a failed reset'], ['timeout', 'a failed timeout'],
    ['status', 'a failed status'], ['final', 'a abandoned'],
  ] as const;
  for (const [kind, told] of kinds) {
    const { attempts, members: [a], outcomes, clock, latency } = await startBooks(t);
    attempts.primary = attempts.open(a, false);
    clock.advance(30);
    attempts.settle(attempts.primary, kind);
    t.strictSame([outcomes.told, latency.value], [[told], kind === 'answered' ? 30 : Infinity], 'only answers say how long answers take');
  }
});

await t.test('the one that is answered stays; the other is closed, gives back its place, and says nothing of its member', async (t) => {
  for (const winner of ['a', 'b']) {
    const { attempts, members: [a, b], outcomes, inFlight, target, upstream, attemptMs, clock } = await startBooks(t);
    attempts.primary = attempts.open(a, false);
    attempts.primary.start();
    clock.advance(20);
    attempts.startHedge(b);
    await eventually(() => upstream.open === 2);
    const won = winner === 'a' ? attempts.primary : attempts.hedge;
    attempts.win(won!);
    await eventually(() => upstream.open === 1);
    t.strictSame([attempts.primary, attempts.hedge, target(), attemptMs()], [won, null, winner, winner === 'a' ? 0 : 20], 'its times count from its own start');
    t.strictSame([outcomes.told, inFlight()], winner === 'a' ? [['b abandoned'], [1, 0]] : [['a abandoned'], [0, 1]]);
  }
});

await t.test('the trace has every attempt with its target, its times and how it came out', async (t) => {
  const { attempts, members: [a, b], clock, trace } = await startBooks(t);
  attempts.primary = attempts.open(a, false);
  clock.advance(5);
  t.equal(attempts.connected(attempts.primary), 5);
  clock.advance(5);
  attempts.leavePrimary();
  attempts.primary = attempts.open(a, true);
  attempts.startHedge(b);
  clock.advance(10);
  attempts.settle(attempts.primary, 'timeout', 'upstream_timeout');
  attempts.leave(attempts.primary);
  const hedge = attempts.promoteHedge();
  if (hedge === null) throw new Error('the hedge is gone');
  clock.advance(10);
  attempts.win(hedge);
  attempts.settle(hedge, 'answered', 200);
  clock.advance(10);
  attempts.drop(hedge);
  t.match(trace.attempts, [
    { start: { member: 'a', startMs: 0, path: '' }, connectMs: 5, endMs: 10, status: 0, errorCode: 'upstream_reset', isHedge: false },
    { start: { member: 'a', startMs: 10 }, connectMs: -1, endMs: 20, errorCode: 'upstream_timeout', isHedge: false },
    { start: { member: 'b', startMs: 10 }, headMs: 30, endMs: 40, status: 200, errorCode: '', isHedge: true },
  ]);
  t.equal(hedge.line.trace, trace.attempts?.[2], 'what the upstream is told of is what is exported');
});

await t.test('the end of a tunnel gives the place of its attempt back, and its seat', async (t) => {
  const { attempts, members, inFlight, trace, clock } = await startBooks(t);
  const attempt = attempts.open(members[0], true);
  let seats = 1;
  const end = attempts.tunnelEnd(attempt, { free: () => (seats -= 1) } as unknown as RouteSeats);
  t.strictSame([inFlight(), seats], [[1, 1], 1]);
  clock.advance(70);
  end();
  t.strictSame([inFlight(), seats], [[0, 1], 0]);
  t.equal(trace.attempts?.[0]?.endMs, 70);
  attempt.cancel();
});

await t.test('a hedge takes the place of a first attempt that failed', async (t) => {
  const { attempts, members: [a, b] } = await startBooks(t);
  t.equal(attempts.promoteHedge(), null);
  attempts.primary = attempts.open(a, false);
  attempts.startHedge(b);
  const { hedge } = attempts;
  attempts.leave(attempts.primary);
  t.equal(attempts.promoteHedge(), hedge);
  t.strictSame([attempts.primary === hedge, attempts.hedge], [true, null]);
});

await t.test('an attempt that cannot be made leaves nothing taken', async (t) => {
  const { attempts, members: [a], outcomes, inFlight } = await startBooks(t, () => {
    throw new Error('no such path');
  });
  t.throws(() => attempts.open(a, false), /no such path/);
  t.strictSame([outcomes.told, inFlight()], [['a abandoned'], [0, 1]]);
});
