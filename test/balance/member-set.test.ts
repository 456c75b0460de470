import t, { type Test } from 'tap';
import type { Balancer, EligibleList } from '../../src/balance/balancer.ts';
import { createBalancer } from '../../src/balance/create-balancer.ts';
import { MemberSet } from '../../src/balance/member-set.ts';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { Breaker, Mode, SlotField, type Slot } from '../../src/lib/slots.ts';
import { Member } from '../../src/upstream/member.ts';
import { ConnectionPool } from '../../src/upstream/pool.ts';
import type { ManualClock } from '../helpers/manual-clock.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';
import { at, SECRET } from './sample-candidates.ts';
import { sampleUpstream, someTargets } from './sample-upstream.ts';

interface Setting {
  readonly set: MemberSet;
  readonly clock: ManualClock;
  /** `a`, `b` … */
  readonly members: readonly Member[];
  readonly own: Slot;
  /** Every list the balancer was asked about. */
  readonly lists: ReadonlySet<EligibleList<Member>>;
  /** Makes a field of a member something else, and says so. */
  readonly change: (member: number, field: number, value: number) => void;
  readonly pick: (cookie?: string, tried?: readonly Member[]) => Member | null;
  /** Keys of those chosen in sixty picks, in order. */
  readonly chosen: (cookie?: string) => string;
  /** How many picks of so many go to the first member. */
  readonly firsts: (picks: number, cookie?: string) => number;
  readonly cookieOf: (member: Member) => string;
}

/** A member set with a clock and chance in hand. @param backups come after the `primaries`. */
function start(t: Test, options: string, primaries: number, backups = 0): Setting {
  const sample = sampleUpstream(options, someTargets(primaries + backups));
  const { clock, config, slots, own } = sample;
  const deadlines = new Deadlines(clock, (error) => t.fail(String(error)));
  t.teardown(() => deadlines.close());
  const random = new SeededRandom(7);
  const services = { random: () => random.integer(2 ** 32) / 2 ** 32, nextTurn: () => own.add(SlotField.Cursor, 1), nowMs: () => clock.now() };
  const inner = createBalancer<Member>(config.balance, services, SECRET);
  const lists = new Set<EligibleList<Member>>();
  const balancer: Balancer<Member> = {
    pick: (list, question) => {
      lists.add(list);
      return inner.pick(list, question);
    },
    isBound: (chosen, question) => inner.isBound?.(chosen, question) ?? false,
    headersFor: (chosen, question) => inner.headersFor?.(chosen, question) ?? null,
  };
  const set = new MemberSet(config, own, { ...services, slots, balancer });
  const members = sample.members.map(({ key, target, address, port, slot }, index) => {
    const pool = new ConnectionPool({ address, port, path: null, secure: false, host: target.host }, config.tls, config.keepAlive, deadlines);
    return new Member(key, { ...target, backup: index >= primaries }, pool, slots.slot(slot));
  });
  set.replace(members);
  const pick: Setting['pick'] = (cookie = '', tried = []) => set.pick(sampleExchange({ headers: ['Cookie', cookie] }).exchange, tried, () => true);
  return {
    set, clock, members, own, lists, pick,
    change: (member, field, value) => {
      at(members, member).slot.store(field, value);
      own.add(SlotField.Epoch, 1);
    },
    chosen: (cookie) => [...new Set(Array.from({ length: 60 }, () => pick(cookie)?.key ?? '-'))].toSorted().join(''),
    firsts: (picks, cookie) => Array.from({ length: picks }, () => pick(cookie)).filter((member) => member === members[0]).length,
    cookieOf: (member) => set.headersFor(sampleExchange().exchange, member)?.[1]?.split(';')[0] ?? '',
  };
}

/** All that makes a member unavailable, other than its mode. */
const FAULTS = [[SlotField.Unhealthy, 1], [SlotField.EjectedUntil, 99], [SlotField.Breaker, Breaker.Open]] as const;

await t.test('who is unwell, out, behind an open breaker, draining or down is not chosen; half open and failing now and then is', async (t) => {
  const { change, chosen } = start(t, '', 3);
  t.equal(chosen(), 'abc');
  for (const [field, value] of [...FAULTS, [SlotField.Mode, Mode.Drain], [SlotField.Mode, Mode.Down]] as const) {
    change(1, field, value);
    t.equal(chosen(), 'ac', `field ${field} is ${value}`);
    change(1, field, 0);
    t.equal(chosen(), 'abc');
  }
  change(1, SlotField.Breaker, Breaker.HalfOpen);
  change(1, SlotField.FailuresInRow, 4);
  t.equal(chosen(), 'abc');
});

await t.test('states are read anew when the epoch says so, and not before', async (t) => {
  const { set, members, own, chosen } = start(t, '', 2);
  t.equal(chosen(), 'ab');
  at(members, 0).slot.store(SlotField.Unhealthy, 1);
  t.equal(chosen(), 'ab', 'whoever changes a state bumps the epoch');
  const before = set.epoch;
  own.add(SlotField.Epoch, 1);
  t.ok(set.epoch > before);
  t.equal(chosen(), 'b');
});

await t.test('another list counts at once, and is a change of the epoch for those who wait', async (t) => {
  const { set, members, chosen } = start(t, '', 3);
  t.equal(chosen(), 'abc');
  const before = set.epoch;
  set.replace(members.slice(1));
  t.ok(set.epoch > before);
  t.equal(chosen(), 'bc');
  set.replace([]);
  t.equal(chosen(), '-');
});

await t.test('balancers get another list only where it differs', async (t) => {
  const { set, members, own, change, pick, lists } = start(t, '', 3);
  pick();
  own.add(SlotField.Epoch, 1);
  pick();
  t.equal(lists.size, 1);
  change(0, SlotField.Unhealthy, 1);
  pick();
  t.equal(lists.size, 2);
  set.replace([...members]);
  pick();
  t.equal(lists.size, 3, 'other members of the upstream, though the same can be chosen');
});

await t.test('backups are chosen while nobody else is available, and only then', async (t) => {
  const { change, chosen } = start(t, '', 2, 1);
  t.equal(chosen(), 'ab');
  change(0, SlotField.Unhealthy, 1);
  t.equal(chosen(), 'b');
  change(1, SlotField.Mode, Mode.Drain);
  t.equal(chosen(), 'c');
  change(0, SlotField.Unhealthy, 0);
  t.equal(chosen(), 'a');
});

await t.test('where nobody is available, all are tried whom the operator has not taken out, backups too', async (t) => {
  const { change, chosen } = start(t, '', 3, 1);
  for (const [member, [field, value]] of FAULTS.entries()) change(member, field, value);
  change(3, SlotField.Unhealthy, 1);
  t.equal(chosen(), 'abcd');
  change(1, SlotField.Mode, Mode.Down);
  change(2, SlotField.Mode, Mode.Drain);
  t.equal(chosen(), 'ad');
});

await t.test('where requests may wait, nobody is chosen rather than somebody unwell', async (t) => {
  const { change, chosen } = start(t, 'hold: 5s', 2);
  change(0, SlotField.Unhealthy, 1);
  change(1, SlotField.EjectedUntil, 99);
  t.equal(chosen(), '-');
  change(1, SlotField.EjectedUntil, 0);
  t.equal(chosen(), 'b');
});

await t.test('where fewer than the panic share are available, health is ignored, waiting or not; the operator never is', async (t) => {
  const { change, chosen } = start(t, 'panic: 50%, hold: 5s', 4);
  change(0, SlotField.Unhealthy, 1);
  change(1, SlotField.EjectedUntil, 99);
  t.equal(chosen(), 'cd', 'a half is not fewer than a half');
  change(2, SlotField.Breaker, Breaker.Open);
  t.equal(chosen(), 'abcd');
  change(3, SlotField.Unhealthy, 1);
  t.equal(chosen(), 'abcd');
  change(3, SlotField.Mode, Mode.Down);
  t.equal(chosen(), 'abc');
});

await t.test('those whom the operator took out do not count as missing', async (t) => {
  const { change, chosen } = start(t, 'panic: 60%', 4);
  for (const member of [0, 1]) change(member, SlotField.Mode, Mode.Down);
  t.equal(chosen(), 'cd');
  change(2, SlotField.Mode, Mode.Drain);
  t.equal(chosen(), 'd');
});

await t.test('who was tried is not chosen again, and where all were nobody is', async (t) => {
  const { pick, members } = start(t, '', 2);
  for (let i = 0; i < 10; i += 1) t.equal(pick('', members.slice(0, 1)), members[1]);
  t.equal(pick('', members), null);
});

await t.test('a member that does not admit the request is passed over for this pick, and asked once', async (t) => {
  for (const balance of ['round-robin', 'least-conn', 'random-two', '{ hash: path }', '{ sticky: {} }']) {
    const { set, members } = start(t, `balance: ${balance}`, 30);
    const { exchange } = sampleExchange();
    exchange.path = '/';
    const asked: Member[] = [];
    const only = (wanted: Member | undefined) => (member: Member): boolean => {
      asked.push(member);
      return member === wanted;
    };
    t.equal(set.pick(exchange, members.slice(0, 3), only(members[20])), members[20], balance);
    asked.length = 0;
    t.equal(set.pick(exchange, members.slice(0, 3), only(undefined)), null, 'nobody admits it');
    t.strictSame(new Set(asked), new Set(members.slice(3)), 'all were asked but those who were tried');
    t.equal(asked.length, 27, 'once each');
  }
});

await t.test('a thousand full members are found to be full in no time', async (t) => {
  const { set, members } = start(t, '', 2);
  const many = Array.from({ length: 1000 }, (_, i) => new Member(`${i}`, at(members, 0).target, at(members, 0).pool, at(members, 0).slot));
  set.replace(many);
  const startNs = process.hrtime.bigint();
  for (let i = 0; i < 20; i += 1) t.equal(set.pick(sampleExchange().exchange, [], () => false), null);
  const ms = Number(process.hrtime.bigint() - startNs) / 1e6 / 20;
  t.ok(ms < 10, `${ms.toFixed(2)} ms each`);
});

await t.test('a member that came back takes a growing share of its turns', async (t) => {
  const { change, clock, firsts, own } = start(t, 'slowStart: 10s', 2);
  const before = own.load(SlotField.Epoch);
  change(0, SlotField.SlowStartFrom, 600);
  // Time of the sample begins at tick 600. Two equals have 1,000 turns of 2,000 each.
  for (const [atMs, expected] of [[0, 100], [500, 100], [2500, 250], [5000, 500], [9000, 900]] as const) {
    clock.advance(atMs - clock.monotonicMs());
    const got = firsts(2000);
    t.ok(Math.abs(got - expected) < 5 * Math.sqrt(expected), `${got} of 2,000 after ${atMs} ms, ${expected} expected`);
  }
  clock.advance(1000);
  t.equal(firsts(2000), 1000, 'the whole when its time is over');
  t.equal(own.load(SlotField.Epoch), before + 1, 'which changes nothing about who is eligible');
});

await t.test('the end of a slow start is written down, unless another has begun meanwhile', async (t) => {
  const { change, clock, members, pick } = start(t, 'slowStart: 10s', 1);
  change(0, SlotField.SlowStartFrom, 600);
  clock.advance(9900);
  pick();
  t.equal(at(members, 0).slot.load(SlotField.SlowStartFrom), 600);
  clock.advance(100);
  pick();
  t.equal(at(members, 0).slot.load(SlotField.SlowStartFrom), 0);
});

await t.test('a cold member alone, or with cold ones only, is not spared', async (t) => {
  const alone = start(t, 'slowStart: 10s', 1);
  alone.change(0, SlotField.SlowStartFrom, 600);
  t.equal(alone.firsts(100), 100);
  const both = start(t, 'slowStart: 10s', 2);
  for (const member of [0, 1]) both.change(member, SlotField.SlowStartFrom, 600);
  const got = both.firsts(2000);
  t.ok(Math.abs(got - 1000) < 150, `${got} of 2,000`);
});

await t.test('a clock that is set back does not leave a member cold until it has caught up', async (t) => {
  const { change, clock, firsts } = start(t, 'slowStart: 10s', 2);
  change(0, SlotField.SlowStartFrom, 600);
  clock.jumpWallClock(-30_000);
  t.equal(firsts(100), 50);
});

await t.test('without slow start nobody is cold', async (t) => {
  const { change, firsts } = start(t, '', 2);
  change(0, SlotField.SlowStartFrom, 600);
  t.equal(firsts(100), 50);
});

await t.test('sticky clients stay with a member that is cold or draining; new ones do not go there', async (t) => {
  const { change, chosen, firsts, members, cookieOf, set } = start(t, 'slowStart: 10s, balance: { sticky: { over: round-robin } }', 2);
  const cookie = cookieOf(at(members, 0));
  change(0, SlotField.SlowStartFrom, 600);
  t.equal(firsts(200, cookie), 200);
  t.ok(firsts(200) < 30);
  change(0, SlotField.Mode, Mode.Drain);
  t.equal(chosen(cookie), 'a');
  t.equal(chosen(), 'b');
  change(1, SlotField.Mode, Mode.Drain);
  t.equal(chosen(cookie), 'a', 'even where there is nobody for others');
  t.equal(chosen(), '-');
  change(0, SlotField.Mode, Mode.Down);
  t.equal(chosen(cookie), '-');
  change(1, SlotField.Mode, Mode.Up);
  t.equal(chosen(cookie), 'b');
  t.match(set.headersFor(sampleExchange({ headers: ['Cookie', cookie] }).exchange, at(members, 1)), ['Set-Cookie', /^sluice-[0-9a-z]+=/]);
});

await t.test('balancers without a cookie add no headers', async (t) => {
  const { set, members } = start(t, '', 1);
  t.equal(set.headersFor(sampleExchange().exchange, at(members, 0)), null);
});
