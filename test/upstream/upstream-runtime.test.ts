import t from 'tap';
import { parseTarget } from '../../src/config/target.ts';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { Slots, type SlotMemory } from '../../src/lib/slots.ts';
import { Member } from '../../src/upstream/member.ts';
import { ConnectionPool } from '../../src/upstream/pool.ts';
import { UpstreamRuntime } from '../../src/upstream/upstream-runtime.ts';
import type { Waiter } from '../../src/upstream/waiting-room.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { someSlotMemory } from '../helpers/literal-roster.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';
import { RecordingOutcomes } from './recording-outcomes.ts';

interface Worker {
  readonly runtime: UpstreamRuntime;
  readonly member: Member;
  readonly clock: ManualClock;
  readonly outcomes: RecordingOutcomes;
  /** What another thread changes. */
  epoch: number;
}

/** What one worker knows of an upstream with one member. */
function workerOf(number: number, memory: SlotMemory, options: string): Worker {
  const clock = new ManualClock();
  const deadlines = new Deadlines(clock, (error) => {
    throw error;
  });
  const config = upstreamOf(options);
  const target = { ...parseTarget('a:1'), weight: 1, backup: false };
  const pool = new ConnectionPool({ ...target, address: '192.0.2.1' }, config.tls, config.keepAlive, deadlines);
  const outcomes = new RecordingOutcomes();
  const members = { pick: () => null, headersFor: () => null, get epoch() { return worker.epoch; } };
  const { name, retry, hold, limit } = config;
  const runtime = new UpstreamRuntime({ name, isH2: false, members, outcomes, retry, hold, limit, hedge: null, deadlines });
  const worker: Worker = { runtime, member: new Member('a:1', target, pool, new Slots(memory, number).slot(2)), clock, outcomes, epoch: 0 };
  return worker;
}

function counting(): Waiter & { turns: number } {
  const waiter = { turns: 0, onTurn: () => void waiter.turns++ };
  return waiter;
}

await t.test('threat: two workers together never have more in flight at a member than its limit', async (t) => {
  const memory = someSlotMemory(2);
  const workers = [workerOf(1, memory, 'limit: { requests: 3 }'), workerOf(2, memory, 'limit: { requests: 3 }')];
  const random = new SeededRandom(7);
  const taken = [0, 0];
  let refused = 0;
  let wrong = 0;
  for (let i = 0; i < 2000; i++) {
    const at = random.integer(2);
    const { runtime, member } = workers[at]!;
    if (random.chance(0.6)) {
      const got = runtime.takePlace(member);
      if (got !== taken[0]! + taken[1]! < 3) wrong++;
      if (got) taken[at]!++;
      else refused++;
    } else if (taken[at]! > 0) {
      runtime.freePlace(member);
      taken[at]!--;
    }
  }
  t.equal(wrong, 0, 'a place exactly where there is one');
  t.ok(refused > 100);
  t.equal(workers[0]?.member.slot.inFlight, taken[0]! + taken[1]!);
});

await t.test('a place that is freed is offered at once to the first who waits here, and at the next tick in other workers', async (t) => {
  const memory = someSlotMemory(2);
  const [here, there] = [workerOf(1, memory, 'limit: { requests: 1 }'), workerOf(2, memory, 'limit: { requests: 1 }')];
  here.runtime.takePlace(here.member);
  const [first, second, other] = [counting(), counting(), counting()];
  for (const waiter of [first, second]) t.equal(here.runtime.waitFor('place', waiter), true);
  there.runtime.waitFor('place', other);
  here.runtime.freePlace(here.member);
  t.strictSame([first.turns, second.turns, other.turns], [1, 0, 0]);
  there.clock.advance(100);
  t.equal(other.turns, 1);
});

await t.test('what is held is called when the epoch changes, and every half a second anyway', async (t) => {
  const worker = workerOf(1, someSlotMemory(1), 'hold: 5s');
  const { runtime, clock } = worker;
  const held = counting();
  runtime.waitFor('member', held);
  clock.advance(400);
  t.equal(held.turns, 0);
  worker.epoch++;
  clock.advance(100);
  t.equal(held.turns, 1);
  clock.advance(5000);
  t.ok(held.turns >= 10 && held.turns <= 12, `${held.turns}`);
  t.equal(runtime.waiting, 1);
  runtime.leaveWaiting(held);
  clock.advance(100);
  t.strictSame([runtime.waiting, runtime.isWatched], [0, false], 'nobody waits: no more ticks');
});

await t.test('of many that are held, 64 go at once, as many more with each tick, and one with each answer', async (t) => {
  const worker = workerOf(1, someSlotMemory(1), 'hold: 5s');
  const { runtime, clock } = worker;
  for (let i = 0; i < 200; i++) {
    const waiter: Waiter = { onTurn: () => runtime.leaveWaiting(waiter) };
    runtime.waitFor('member', waiter);
  }
  worker.epoch++;
  clock.advance(100);
  t.equal(runtime.waiting, 136);
  runtime.callHeld();
  t.equal(runtime.waiting, 135);
  clock.advance(100);
  t.equal(runtime.waiting, 71);
  clock.advance(200);
  t.strictSame([runtime.waiting, runtime.isWatched], [0, false]);
});

await t.test('a request waits for one thing at a time, and each room has its bound', async (t) => {
  const { runtime } = workerOf(1, someSlotMemory(1), 'hold: 5s, holdMax: 1, limit: { requests: 1, queue: 1 }');
  const [one, two] = [counting(), counting()];
  t.strictSame([runtime.waitFor('member', one), runtime.waitFor('member', two)], [true, false]);
  t.equal(runtime.waitFor('place', one), true);
  t.equal(runtime.waiting, 1);
  t.equal(runtime.waitFor('member', two), true, 'its place in the other room is free again');
  t.equal(runtime.waiting, 2);
});

await t.test('who was chosen and not asked gives back both its place and its permit', async (t) => {
  const { runtime, member, outcomes } = workerOf(1, someSlotMemory(1), 'limit: { requests: 1 }');
  outcomes.admitted(member);
  runtime.takePlace(member);
  runtime.giveBack(member);
  t.strictSame([member.slot.inFlight, outcomes.open, outcomes.told], [0, 0, ['a:1 abandoned']]);
});
