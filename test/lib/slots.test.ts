import t from 'tap';
import { createSlotMemory, SlotField, Slots, SLOTS_MAX } from '../../src/lib/slots.ts';
import { inThreads } from './slot-threads.ts';

const ORIGIN_MS = Date.UTC(2026, 0, 1);
const FIELDS = createSlotMemory(1, ORIGIN_MS).table.byteLength / (4 * SLOTS_MAX);

await t.test('a field written in one view is read in another, and in no other slot', async (t) => {
  const memory = createSlotMemory(2, ORIGIN_MS);
  const slot = new Slots(memory, 1).slot(7);
  const other = new Slots(memory, 2);
  slot.store(SlotField.Mode, 2);
  t.equal(other.slot(7).load(SlotField.Mode), 2);
  t.equal(other.slot(6).load(SlotField.Mode), 0);
  t.equal(other.slot(8).load(SlotField.Mode), 0);
  t.equal(slot.add(SlotField.Requests, 5), 5, 'add answers with what it has come to');
  t.equal(other.slot(7).add(SlotField.Requests, -2), 3);
});

await t.test('no two fields share a cell, none is in the window, and all are in the slot', async (t) => {
  const fields = Object.values(SlotField);
  t.equal(new Set(fields).size, fields.length);
  t.ok(fields.every((field) => field < FIELDS && (field <= SlotField.Window || field >= SlotField.Window + 43)));
  t.ok(SlotField.Window + 43 <= FIELDS);
});

await t.test('a swap happens only where the value is the expected one', async (t) => {
  const slot = new Slots(createSlotMemory(1, ORIGIN_MS), 1).slot(0);
  t.equal(slot.swap(SlotField.Breaker, 1, 2), false);
  t.equal(slot.load(SlotField.Breaker), 0);
  t.equal(slot.swap(SlotField.Breaker, 0, 2), true);
  t.equal(slot.load(SlotField.Breaker), 2);
});

await t.test('a slot or a worker there is none of is refused: its cells would be those of another', async (t) => {
  const memory = createSlotMemory(2, ORIGIN_MS);
  const slots = new Slots(memory, 2);
  t.doesNotThrow(() => slots.slot(SLOTS_MAX - 1).addInFlight(1));
  t.throws(() => slots.slot(SLOTS_MAX), RangeError);
  t.throws(() => slots.slot(-1), RangeError);
  t.throws(() => new Slots(memory, 3), RangeError);
});

await t.test('ticks are tenths of a second, and 0 is left for "never"', async (t) => {
  const slots = new Slots(createSlotMemory(1, ORIGIN_MS), 0);
  t.strictSame([-500, 0, 99, 100, 199, 200, 86_400_000].map((ms) => slots.tickOf(ORIGIN_MS + ms)), [1, 1, 1, 1, 1, 2, 864_000]);
  t.equal(slots.msOf(slots.tickOf(ORIGIN_MS + 12_345)), ORIGIN_MS + 12_300);
});

await t.test('in flight is the sum over workers, less what a dead one had', async (t) => {
  const memory = createSlotMemory(3, ORIGIN_MS);
  const control = new Slots(memory, 0);
  const [a, b] = [new Slots(memory, 1), new Slots(memory, 3)];
  t.equal(a.slot(7).addInFlight(2), 2);
  t.equal(b.slot(7).addInFlight(3), 5, 'it answers with the total');
  a.slot(7).addInFlight(-1);
  b.slot(SLOTS_MAX - 1).addInFlight(4);
  control.forgetWorker(3);
  t.equal(control.slot(7).inFlight, 1);
  t.equal(control.slot(SLOTS_MAX - 1).inFlight, 0);
  control.forgetWorker(3);
  t.equal(control.slot(7).inFlight, 1, 'once');
  new Slots(memory, 3).slot(7).addInFlight(1);
  t.equal(control.slot(7).inFlight, 2, 'its successor begins with nothing');
});

await t.test('a cleared slot is as new, also to a worker that dies later', async (t) => {
  const memory = createSlotMemory(2, ORIGIN_MS);
  const control = new Slots(memory, 0);
  const worker = new Slots(memory, 2);
  worker.slot(7).addInFlight(3);
  worker.slot(8).addInFlight(1);
  for (let field = 0; field < FIELDS; field += 1) worker.slot(7).add(field, 9);
  control.clear(7);
  t.ok(Array.from({ length: FIELDS }, (_, field) => control.slot(7).load(field)).every((value) => value === 0));
  new Slots(memory, 1).slot(7).addInFlight(1);
  control.forgetWorker(2);
  t.equal(control.slot(7).inFlight, 1, 'what it had there before is not taken from the new owner');
  t.equal(control.slot(8).inFlight, 0);
});

await t.test('threads that add at once lose nothing, and one of them can be forgotten', async (t) => {
  const memory = createSlotMemory(3, ORIGIN_MS);
  await inThreads(memory, 3, `
    for (let i = 0; i < 30000; i++) {
      slot.add(SlotField.Requests, 1);
      slot.addInFlight(2);
      slot.addInFlight(-1);
      let seen;
      do seen = slot.load(SlotField.Fails); while (!slot.swap(SlotField.Fails, seen, seen + 1));
    }`);
  const control = new Slots(memory, 0);
  t.equal(control.slot(7).load(SlotField.Requests), 90_000);
  t.equal(control.slot(7).load(SlotField.Fails), 90_000);
  t.equal(control.slot(7).inFlight, 90_000);
  control.forgetWorker(2);
  t.equal(control.slot(7).inFlight, 60_000);
});
