import t from 'tap';
import { SharedWindow } from '../../src/lib/shared-window.ts';
import { createSlotMemory, SlotField, Slots, SLOTS_MAX, type Slot } from '../../src/lib/slots.ts';
import { inThreads } from './slot-threads.ts';

const NOW = 1_000_000;
const NOTHING = { first: 0, second: 0, third: 0 };

function start(): { readonly slot: Slot; readonly window: SharedWindow } {
  const slot = new Slots(createSlotMemory(1, 0), 1).slot(7);
  return { slot, window: new SharedWindow(slot, SlotField.Window) };
}

await t.test('three counts are kept apart', async (t) => {
  const { window } = start();
  t.strictSame(window.sum(NOW, 10), NOTHING);
  window.add(NOW, 1, 2, 3);
  window.add(NOW, 10, 0, 0);
  window.add(NOW, 0, 20, -1);
  t.strictSame(window.sum(NOW, 1), { first: 11, second: 22, third: 2 });
});

await t.test('a sum takes in its seconds, the present one included, and no other', async (t) => {
  const { window } = start();
  for (let age = 25; age >= 0; age -= 1) window.add(NOW - age, 1, 0, age === 4 ? 1 : 0);
  t.strictSame([1, 2, 4, 5, 10, 60].map((seconds) => window.sum(NOW, seconds)), [
    { first: 1, second: 0, third: 0 }, { first: 2, second: 0, third: 0 }, { first: 4, second: 0, third: 0 },
    { first: 5, second: 0, third: 1 }, { first: 10, second: 0, third: 1 }, { first: 10, second: 0, third: 1 },
  ]);
});

await t.test('counts age though nothing is added, and pauses are no matter', async (t) => {
  const { window } = start();
  window.add(NOW, 5, 0, 0);
  window.add(NOW + 3, 7, 0, 0);
  t.strictSame([3, 9, 10, 12, 13, 1000].map((later) => window.sum(NOW + later, 10).first), [12, 12, 7, 7, 0, 0]);
  window.add(NOW + 1000, 1, 0, 0);
  t.equal(window.sum(NOW + 1000, 10).first, 1, 'nothing of long ago comes back with its place');
  t.equal(window.sum(NOW + 1010, 10).first, 0);
});

await t.test('after a clear only what comes later counts, in the same second too', async (t) => {
  const { window } = start();
  window.add(NOW - 1, 3, 3, 3);
  window.add(NOW, 4, 4, 4);
  window.clear();
  t.strictSame(window.sum(NOW, 10), NOTHING);
  window.add(NOW, 1, 0, 2);
  t.strictSame(window.sum(NOW, 10), { first: 1, second: 0, third: 2 });
});

await t.test('a clock that is set back counts on from where it is', async (t) => {
  const { window } = start();
  window.add(NOW, 9, 0, 0);
  window.add(NOW - 3600, 2, 0, 0);
  t.equal(window.sum(NOW - 3600, 10).first, 2);
  window.add(NOW - 3599, 1, 0, 0);
  t.equal(window.sum(NOW - 3599, 10).first, 3);
});

await t.test('totals may pass the sign bit', async (t) => {
  const { slot, window } = start();
  slot.store(SlotField.Window, 0x7ffffff0);
  window.add(NOW, 100, 0, 0);
  t.equal(window.sum(NOW, 10).first, 100);
  window.add(NOW + 1, 1, 0, 0);
  t.strictSame([1, 2].map((seconds) => window.sum(NOW + 1, seconds).first), [1, 101]);
});

await t.test('a mark that a dying thread left half made stands for nothing, and is made anew when its turn comes', async (t) => {
  const { slot, window } = start();
  window.add(NOW - 1, 5, 0, 0);
  slot.store(SlotField.Window + 3 + 4 * (NOW % 10), -NOW);
  window.add(NOW, 1, 0, 0);
  t.equal(window.sum(NOW, 10).first, 6);
  window.add(NOW + 10, 1, 0, 0);
  t.equal(window.sum(NOW + 10, 1).first, 1);
});

/** Calls `between` just before the n-th step that is atomic in itself, as if another thread ran there. @returns whether there were that many. */
function interrupted(n: number, work: () => void, between: () => void): boolean {
  const { load, store, add, compareExchange } = Atomics;
  let left = n;
  const before = <Step extends (...args: never[]) => unknown>(step: Step) => (...args: Parameters<Step>): unknown => {
    left -= 1;
    if (left === 0) between();
    return step(...args);
  };
  Object.assign(Atomics, { load: before(load), store: before(store), add: before(add), compareExchange: before(compareExchange) });
  try {
    work();
  } finally {
    Object.assign(Atomics, { load, store, add, compareExchange });
  }
  return left <= 0;
}

await t.test('wherever another thread comes in between, nothing is lost and nothing of long ago is counted', async (t) => {
  let steps = 0;
  for (let more = true; more; steps += 1) {
    const { slot, window } = start();
    const other = new SharedWindow(slot, SlotField.Window);
    window.add(NOW - 10, 50, 50, 50);
    more = interrupted(steps + 1, () => window.add(NOW, 1, 2, 3), () => {
      t.ok(other.sum(NOW, 10).first <= 1, `step ${steps}: a reader sees only what was added`);
      other.add(NOW, 10, 20, 30);
    });
    t.strictSame(window.sum(NOW, 10), more ? { first: 11, second: 22, third: 33 } : { first: 1, second: 2, third: 3 });
  }
  t.ok(steps > 8, `${steps} steps`);
});

await t.test('it keeps to its cells', async (t) => {
  const memory = createSlotMemory(1, 0);
  const slot = new Slots(memory, 1).slot(7);
  const window = new SharedWindow(slot, SlotField.Window);
  for (let i = 0; i < 20; i += 1) window.add(NOW + i, 1, 1, 1);
  const used = [...new Int32Array(memory.table).entries()].flatMap(([cell, value]) => (value === 0 ? [] : [cell]));
  t.equal(used[0], slot.base + SlotField.Window);
  t.equal(used.at(-1), slot.base + SlotField.Window + 42);
  t.ok(slot.base + SlotField.Window + 42 < slot.base + memory.table.byteLength / 4 / SLOTS_MAX, 'which are all the slot\'s');
});

await t.test('threads that add at once lose nothing, be it the first second or the turn of one', async (t) => {
  const rounds = 20;
  for (let round = 0; round < 3; round += 1) {
    const memory = createSlotMemory(3, 0);
    // Every thread is the first in a second now and then, and several at once in most.
    await inThreads(memory, 3, `
      const window = new SharedWindow(slot, SlotField.Window);
      for (let i = 0; i < ${rounds * 1000}; i++) window.add(${NOW} + Math.floor(i / ${rounds * 100}), 1, 2, worker);`);
    const window = new SharedWindow(new Slots(memory, 0).slot(7), SlotField.Window);
    t.strictSame(window.sum(NOW + 9, 10), { first: 60_000, second: 120_000, third: 120_000 });
  }
});
