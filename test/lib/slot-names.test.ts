import t from 'tap';
import { SlotNames } from '../../src/lib/slot-names.ts';

await t.test('a name has one slot for as long as it is taken', async (t) => {
  const names = new SlotNames(4, () => undefined);
  const first = names.take('a');
  const second = names.take('b');
  t.not(first, second);
  t.equal(names.take('a'), first);
  names.free('b');
  t.equal(names.take('a'), first);
});

await t.test('a slot is cleared before another name has it, and not before the same one has it again', async (t) => {
  const cleared: number[] = [];
  const names = new SlotNames(1, (slot) => cleared.push(slot));
  const slot = names.take('a');
  t.same(cleared, [slot]);
  names.take('a');
  t.same(cleared, [slot]);
  names.free('a');
  t.equal(names.take('b'), slot);
  t.same(cleared, [slot, slot]);
});

await t.test('no slot left is an error in words, and nothing changes', async (t) => {
  const names = new SlotNames(2, () => undefined);
  names.take('a');
  const b = names.take('b');
  t.throws(() => names.take('member api c'), { name: 'RangeError', message: 'all 2 slots are taken, none is left for "member api c"' });
  t.equal(names.take('b'), b);
  names.free('a');
  t.not(names.take('member api c'), b);
});

await t.test('to free a name that has no slot frees nothing', async (t) => {
  const names = new SlotNames(2, () => undefined);
  const a = names.take('a');
  names.free('b');
  names.free('b');
  t.not(names.take('b'), a);
});
