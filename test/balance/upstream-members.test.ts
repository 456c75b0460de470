import t from 'tap';
import type { MemberDraft } from '../../src/balance/member-drafts.ts';
import { MemberNotes } from '../../src/balance/member-notes.ts';
import { GRACE_MS, UpstreamMembers } from '../../src/balance/upstream-members.ts';
import { SlotNames } from '../../src/lib/slot-names.ts';
import { createSlotMemory, Mode, SlotField, Slots, type Slot } from '../../src/lib/slots.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const CONFIG = upstreamOf('slowStart: 10s', '["api:8000", "b:80"]');

function draft(address: string, target = CONFIG.targets[0]): MemberDraft {
  if (target === undefined) throw new Error('the upstream has two targets');
  return { key: `${target.name}@${address}`, target, address, port: target.port };
}

function membersWith(slotsMax = 100) {
  const clock = new ManualClock();
  const slots = new Slots(createSlotMemory(1, clock.now() - 1000), 0);
  const notes = new MemberNotes();
  const cleared: number[] = [];
  const names = new SlotNames(slotsMax, (slot) => {
    slots.clear(slot);
    cleared.push(slot);
  });
  const upstream = new UpstreamMembers('api', { clock, slots, names, notes });
  const slotOf = (key: string, generation = 1): Slot => {
    const member = upstream.versions.get(generation)?.members.find((each) => each.key === key);
    if (member === undefined) throw new Error(`there is no member ${key}`);
    return slots.slot(member.slot);
  };
  const keys = (generation = 1): string[] => (upstream.versions.get(generation)?.members ?? []).map(({ key }) => key);
  return { clock, slots, notes, names, cleared, upstream, slotOf, keys, epoch: () => slots.slot(upstream.slot).load(SlotField.Epoch) };
}

await t.test('a member keeps its slot over lists and generations, and what is counted there', async (t) => {
  const { upstream, slotOf } = membersWith();
  upstream.put(1, CONFIG, [draft('10.0.0.1')]);
  slotOf('api:8000@10.0.0.1').store(SlotField.Requests, 7);
  upstream.put(2, CONFIG, [draft('10.0.0.2'), draft('10.0.0.1')]);
  upstream.drop(1);
  t.equal(slotOf('api:8000@10.0.0.1', 2).load(SlotField.Requests), 7);
  t.not(slotOf('api:8000@10.0.0.2', 2).base, slotOf('api:8000@10.0.0.1', 2).base);
});

await t.test('the same list again is no change', async (t) => {
  const { upstream } = membersWith();
  t.equal(upstream.put(1, CONFIG, [draft('10.0.0.1')]), true);
  t.equal(upstream.put(1, CONFIG, [draft('10.0.0.1')]), false);
  t.equal(upstream.put(1, CONFIG, [draft('10.0.0.1'), draft('10.0.0.1')]), false);
  t.equal(upstream.put(1, CONFIG, []), true);
});

await t.test('the slot of who has left is kept for a grace, and for as long as a request is in flight there', async (t) => {
  const { upstream, clock, slotOf, slots, cleared } = membersWith(3);
  upstream.put(1, CONFIG, [draft('10.0.0.1'), draft('10.0.0.2')]);
  const slot = slotOf('api:8000@10.0.0.1');
  slot.addInFlight(1);
  upstream.put(1, CONFIG, [draft('10.0.0.2')]);
  const refused = () => t.throws(() => upstream.put(1, CONFIG, [draft('10.0.0.2'), draft('10.0.0.3')]), { name: 'RangeError' });
  refused();
  clock.advance(GRACE_MS);
  t.equal(upstream.sweep(), false);
  refused();
  slot.addInFlight(-1);
  upstream.sweep();
  t.equal(cleared.length, 3);
  upstream.put(1, CONFIG, [draft('10.0.0.2'), draft('10.0.0.3')]);
  t.equal(slotOf('api:8000@10.0.0.3').base, slot.base);
  t.equal(cleared.at(-1), slot.base / (slots.slot(1).base - slots.slot(0).base));
});

await t.test('who comes back within the grace finds its state as it was, and the grace begins anew', async (t) => {
  const { upstream, clock, slotOf } = membersWith();
  upstream.put(1, CONFIG, [draft('10.0.0.1')]);
  const slot = slotOf('api:8000@10.0.0.1');
  slot.store(SlotField.Unhealthy, 1);
  upstream.put(1, CONFIG, []);
  clock.advance(GRACE_MS - 1);
  upstream.sweep();
  upstream.put(1, CONFIG, [draft('10.0.0.1')]);
  t.equal(slotOf('api:8000@10.0.0.1').base, slot.base);
  t.equal(slot.load(SlotField.Unhealthy), 1);
  upstream.put(1, CONFIG, []);
  clock.advance(GRACE_MS - 1);
  upstream.sweep();
  upstream.put(1, CONFIG, [draft('10.0.0.1')]);
  t.equal(slot.load(SlotField.Unhealthy), 1);
});

await t.test('a list that does not fit changes nothing', async (t) => {
  const { upstream, keys } = membersWith(2);
  upstream.put(1, CONFIG, [draft('10.0.0.1')]);
  t.throws(() => upstream.put(1, CONFIG, [draft('10.0.0.1'), draft('10.0.0.2')]), { name: 'RangeError' });
  t.same(keys(), ['api:8000@10.0.0.1']);
});

await t.test('the youngest generation is the one that counts', async (t) => {
  const { upstream } = membersWith();
  t.equal(upstream.newest, null);
  upstream.put(2, CONFIG, [draft('10.0.0.2')]);
  upstream.put(1, CONFIG, [draft('10.0.0.1')]);
  t.same(upstream.newest?.members.map(({ address }) => address), ['10.0.0.2']);
  upstream.drop(2);
  t.same(upstream.newest?.members.map(({ address }) => address), ['10.0.0.1']);
});

await t.test('all slots go when nothing is left of the upstream', async (t) => {
  const { upstream, clock, names } = membersWith(2);
  upstream.put(1, CONFIG, [draft('10.0.0.1')]);
  upstream.drop(1);
  t.equal(upstream.sweep(), false);
  clock.advance(GRACE_MS);
  t.equal(upstream.sweep(), true);
  t.doesNotThrow(() => [names.take('a'), names.take('b')]);
});

await t.test('the operator sets one member, and all workers are told', async (t) => {
  const { upstream, slotOf, epoch, notes, clock } = membersWith();
  upstream.put(1, CONFIG, [draft('10.0.0.1'), draft('10.0.0.2')]);
  const before = epoch();
  clock.advance(5000);
  t.equal(upstream.setMode('api:8000@10.0.0.1', 'drain'), true);
  t.equal(slotOf('api:8000@10.0.0.1').load(SlotField.Mode), Mode.Drain);
  t.equal(slotOf('api:8000@10.0.0.2').load(SlotField.Mode), Mode.Up);
  t.equal(epoch(), before + 1);
  const number = upstream.newest?.members[0]?.slot ?? -1;
  t.match(notes.get(number), { reason: 'set by the operator', sinceMs: clock.now() });
  t.equal(upstream.setMode('api:8000@10.0.0.1', 'drain'), true);
  t.equal(epoch(), before + 1, 'the same once more changes nothing');
  t.equal(upstream.setMode('nobody', 'down'), false);
});

await t.test('the operator sets a whole target: every address it has, and those it will have', async (t) => {
  const { upstream, slotOf, clock } = membersWith();
  const [, other] = CONFIG.targets;
  upstream.put(1, CONFIG, [draft('10.0.0.1'), draft('10.0.0.9', other)]);
  t.equal(upstream.setMode('api:8000', 'down'), true);
  upstream.put(1, CONFIG, [draft('10.0.0.2'), draft('10.0.0.9', other)]);
  t.equal(slotOf('api:8000@10.0.0.2').load(SlotField.Mode), Mode.Down);
  t.equal(slotOf('b:80@10.0.0.9').load(SlotField.Mode), Mode.Up);
  clock.advance(GRACE_MS);
  upstream.sweep();
  upstream.put(1, CONFIG, [draft('10.0.0.1'), draft('10.0.0.2')]);
  t.equal(slotOf('api:8000@10.0.0.1').load(SlotField.Mode), Mode.Down, 'even after its slot was freed');
  t.equal(upstream.setMode('api:8000', 'up'), true);
  t.equal(slotOf('api:8000@10.0.0.2').load(SlotField.Mode), Mode.Up);
});

await t.test('a target without an address yet can be set too', async (t) => {
  const { upstream, slotOf } = membersWith();
  upstream.put(1, CONFIG, []);
  t.equal(upstream.setMode('api:8000', 'drain'), true);
  upstream.put(1, CONFIG, [draft('10.0.0.1')]);
  t.equal(slotOf('api:8000@10.0.0.1').load(SlotField.Mode), Mode.Drain);
});

await t.test('slow start: for who joins others and who is set up again, not for the first ones', async (t) => {
  const { upstream, slotOf, slots, clock } = membersWith();
  upstream.put(1, CONFIG, [draft('10.0.0.1'), draft('10.0.0.2')]);
  t.equal(slotOf('api:8000@10.0.0.1').load(SlotField.SlowStartFrom), 0);
  t.equal(slotOf('api:8000@10.0.0.2').load(SlotField.SlowStartFrom), 0);
  clock.advance(3000);
  upstream.put(1, CONFIG, [draft('10.0.0.1'), draft('10.0.0.2'), draft('10.0.0.3')]);
  t.equal(slotOf('api:8000@10.0.0.3').load(SlotField.SlowStartFrom), slots.tickOf(clock.now()));
  upstream.setMode('api:8000@10.0.0.1', 'down');
  clock.advance(3000);
  upstream.setMode('api:8000@10.0.0.1', 'up');
  t.equal(slotOf('api:8000@10.0.0.1').load(SlotField.SlowStartFrom), slots.tickOf(clock.now()));
});

await t.test('without slow start nobody starts slowly', async (t) => {
  const { upstream, slotOf } = membersWith();
  const config = { ...CONFIG, slowStartMs: 0 };
  upstream.put(1, config, [draft('10.0.0.1')]);
  upstream.put(1, config, [draft('10.0.0.1'), draft('10.0.0.2')]);
  upstream.setMode('api:8000@10.0.0.1', 'down');
  upstream.setMode('api:8000@10.0.0.1', 'up');
  t.equal(slotOf('api:8000@10.0.0.1').load(SlotField.SlowStartFrom), 0);
  t.equal(slotOf('api:8000@10.0.0.2').load(SlotField.SlowStartFrom), 0);
});
