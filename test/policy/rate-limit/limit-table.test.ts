import t from 'tap';
import { systemClock } from '../../../src/lib/clock.ts';
import { createLimitMemory, LimitTable, type LimitMemory } from '../../../src/policy/rate-limit/limit-table.ts';
import { MemoryStore } from '../../../src/policy/rate-limit/memory-store.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { inThreads } from './limit-threads.ts';
import { windowOf } from './store-suite.ts';

const HOUR_MS = 3_600_000;
/** Of a table of one set. */
const ONE_SET = 8;
const SLOTS = 16;

function storeIn(memory: LimitMemory, clock: Pick<ManualClock, 'processMs'> = new ManualClock()): MemoryStore {
  return new MemoryStore(memory, 1, clock);
}

function passes(store: MemoryStore, key: string, ...windows: readonly ReturnType<typeof windowOf>[]): boolean {
  return store.take({ key, windows }).allowed;
}

await t.test('threat: threads that ask for one key at the same time get exactly as many as it has', async (t) => {
  const memory = createLimitMemory(1000, systemClock.processMs());
  const taken = await inThreads(memory, 4, `
    for (let i = 0; i < 20_000; i += 1) if (store.take({ key: 'a', windows: [windowOf(10_000, 86_400_000), windowOf(30_000, 86_400_000)] }).allowed) result += 1;`);
  const sum = taken.reduce((total, count) => total + count, 0);
  // While they ask, time gives back one in 8.6 seconds.
  t.ok(sum >= 10_000 && sum <= 10_002, `${sum}: ${taken.join(' + ')}`);
});

await t.test('threads with many keys in few sets count each for itself', async (t) => {
  const memory = createLimitMemory(64, systemClock.processMs());
  const taken = await inThreads(memory, 4, `
    for (let i = 0; i < 40_000; i += 1) if (store.take({ key: 'k' + (i % 20), windows: [windowOf(100, 86_400_000)] }).allowed) result += 1;`);
  t.equal(taken.reduce((total, count) => total + count, 0), 2000);
});

await t.test('threat: a flood of keys makes none that is in use forgotten, and the flood itself is counted', (t) => {
  const clock = new ManualClock();
  const store = storeIn(createLimitMemory(ONE_SET, 0), clock);
  const window = windowOf(2, HOUR_MS);
  const old = Array.from({ length: SLOTS }, (_, i) => `old ${i}`);
  for (const key of old) t.equal(passes(store, key, window), true);
  let flooded = 0;
  for (let i = 0; i < 10_000; i += 1) if (passes(store, `new ${i}`, window)) flooded += 1;
  t.equal(flooded, 2, 'those who come to a full set share what one has');
  for (const key of old) t.strictSame([passes(store, key, window), passes(store, key, window)], [true, false], key);
  t.equal(passes(store, 'later', window), false);
  clock.advance(HOUR_MS / 2);
  t.equal(passes(store, 'later', window), true, 'none of them is shut out for good');
  clock.advance(HOUR_MS);
  t.strictSame([passes(store, 'new 1', window), passes(store, 'new 1', window), passes(store, 'new 2', window)], [true, true, true], 'slots that are idle are free again');
  t.end();
});

await t.test('in a full set each kind of limit has a share of its own, and one too many is not shut out by the others', (t) => {
  const clock = new ManualClock();
  const store = storeIn(createLimitMemory(ONE_SET, 0), clock);
  for (let i = 0; i < SLOTS; i += 1) passes(store, `old ${i}`, windowOf(1, 100 * HOUR_MS));
  const slow = windowOf(1, 90 * HOUR_MS);
  const fast = windowOf(10, 1000);
  t.strictSame([passes(store, 'a', slow), passes(store, 'b', slow)], [true, false]);
  t.equal(Array.from({ length: 20 }, (_, i) => passes(store, `c ${i}`, fast)).filter(Boolean).length, 10);
  for (let kind = 2; kind < 12; kind += 1) {
    const window = windowOf(kind, 50 * HOUR_MS);
    passes(store, `d ${kind}`, window);
  }
  for (let i = 0; i < 20; i += 1) passes(store, `e ${i}`, fast);
  clock.advance(1000);
  t.equal(passes(store, 'f', fast), true, 'a second later, not days');
  t.end();
});

await t.test('a slot that is given on has nothing of the key before', (t) => {
  const clock = new ManualClock();
  const store = storeIn(createLimitMemory(ONE_SET, 0), clock);
  clock.advance(1000 * HOUR_MS);
  for (let i = 0; i < 100; i += 1) {
    passes(store, `fast ${i}`, windowOf(1000, 1000), windowOf(1000, 1000), windowOf(1000, 1000));
    clock.advance(10);
  }
  for (let i = 0; i < 12; i += 1) t.equal(passes(store, `slow ${i}`, windowOf(1, HOUR_MS), windowOf(1, HOUR_MS), windowOf(1, HOUR_MS)), true);
  t.end();
});

await t.test('a worker that dies while it writes leaves no lock behind', async (t) => {
  const memory = createLimitMemory(ONE_SET, systemClock.processMs());
  await inThreads(memory, 1, "table.enter('a', [windowOf(1, 3_600_000)], 0);");
  new LimitTable(memory, 0).forgetWorker(2);
  t.not(new Int32Array(memory.buffer)[0], 0, 'that was another one');
  new LimitTable(memory, 0).forgetWorker(1);
  t.equal(new Int32Array(memory.buffer)[0], 0);
  t.equal(passes(storeIn(memory, systemClock), 'a', windowOf(1, HOUR_MS)), true);
});

await t.test('the key of the hash is another one in every process', (t) => {
  t.notSame(createLimitMemory(1, 0).hashKey, createLimitMemory(1, 0).hashKey);
  t.end();
});
