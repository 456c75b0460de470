import t from 'tap';
import { createReturnsMemory, SlotReturns, type ReturnsReader } from '../../src/lib/slot-returns.ts';

const LENGTH = 4096;
/** Cells before the first entry. */
const ENTRIES = 16;

/** What a reader hands on; null: it says that all must be looked at. */
function readAll(reader: ReturnsReader, most = LENGTH): number[] | null {
  const slots: number[] = [];
  return reader.read(most, (slot) => slots.push(slot)) ? slots : null;
}

await t.test('each reader gets what was announced since it last read, once, in order', async (t) => {
  const memory = createReturnsMemory();
  const [here, there] = [new SlotReturns(memory), new SlotReturns(memory)];
  here.announce(1);
  const [a, b] = [here.reader(), there.reader()];
  t.strictSame(readAll(a), [], 'nothing from before it was made');
  for (const slot of [0, 4095, 7, 7]) here.announce(slot);
  t.strictSame(readAll(a), [0, 4095, 7, 7]);
  there.announce(3);
  t.strictSame([readAll(a), readAll(a), readAll(b)], [[3], [], [0, 4095, 7, 7, 3]]);
});

await t.test('who is more behind than it is worth, or lapped, is told to look at all, and reads on after that', async (t) => {
  for (const [announced, most] of [[4, 3], [LENGTH + 1, LENGTH], [3 * LENGTH, LENGTH]] as const) {
    const returns = new SlotReturns(createReturnsMemory());
    const reader = returns.reader();
    for (let i = 0; i < announced; i += 1) returns.announce(i % LENGTH);
    t.equal(readAll(reader, most), null);
    returns.announce(9);
    t.strictSame(readAll(reader, most), [9]);
  }
  const returns = new SlotReturns(createReturnsMemory());
  const reader = returns.reader();
  for (let i = 0; i < LENGTH; i += 1) returns.announce(i);
  t.equal(readAll(reader)?.length, LENGTH, 'a whole lap can be read');
});

await t.test('an entry that is not written yet hides nothing: all is looked at until it is, and then it is read', async (t) => {
  for (const laps of [0, 1]) {
    const memory = createReturnsMemory();
    const cells = new Int32Array(memory);
    const returns = new SlotReturns(memory);
    for (let i = 0; i < laps * LENGTH; i += 1) returns.announce(0);
    const reader = returns.reader();
    returns.announce(5);
    const at = Atomics.add(cells, 0, 1);
    returns.announce(6);
    t.strictSame([readAll(reader), readAll(reader)], [null, null]);
    Atomics.store(cells, ENTRIES + (at % LENGTH), at - (at % LENGTH) + 8);
    t.strictSame([readAll(reader), readAll(reader)], [[8, 6], []], `in lap ${laps}`);
  }
});

await t.test('who died before it wrote its entry is passed over once all have been told to look at all', async (t) => {
  const memory = createReturnsMemory();
  const returns = new SlotReturns(memory);
  const reader = returns.reader();
  Atomics.add(new Int32Array(memory), 0, 1);
  t.equal(readAll(reader), null);
  returns.announceAll();
  t.equal(readAll(reader), null);
  returns.announce(2);
  t.strictSame(readAll(reader), [2]);
});

await t.test('positions go on where they pass the sign bit, and where they wrap around', async (t) => {
  for (const start of [2 ** 31 - 2, 2 ** 32 - 2]) {
    const memory = createReturnsMemory();
    new Int32Array(memory)[0] = start | 0;
    const returns = new SlotReturns(memory);
    const reader = returns.reader();
    for (const slot of [1, 2, 3, 4]) returns.announce(slot);
    t.strictSame(readAll(reader), [1, 2, 3, 4]);
  }
});
