import t from 'tap';
import { createKeyCounts, KeyCounts } from '../../src/lib/key-counts.ts';
import { inThreads } from './key-counts-threads.ts';

const KEYS = Array.from({ length: 10_000 }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);

function counts(): KeyCounts {
  return new KeyCounts(createKeyCounts(1), 1);
}

await t.test('a key has its own count, which goes down again', async (t) => {
  const one = counts();
  const places = [1, 2, 3].map(() => one.take('a', 2));
  t.strictSame(places.map((place) => place > 0), [true, true, false]);
  t.ok(one.take('b', 2) > 0, 'another key is not concerned');
  one.giveBack(places[0]!);
  t.strictSame([1, 2].map(() => one.take('a', 2) > 0), [true, false]);
});

await t.test('a refused one is not counted', async (t) => {
  const one = counts();
  const place = one.take('a', 1);
  for (let i = 0; i < 10; i += 1) one.take('a', 1);
  one.giveBack(place);
  t.ok(one.take('a', 1) > 0);
});

await t.test('workers count together, and a worker that ends takes only its own with it', async (t) => {
  const memory = createKeyCounts(2);
  const [control, first, second] = [new KeyCounts(memory, 0), new KeyCounts(memory, 1), new KeyCounts(memory, 2)];
  t.strictSame([first.take('a', 2), second.take('a', 2), first.take('a', 2)].map(Boolean), [true, true, false]);
  control.forgetWorker(2);
  t.strictSame([first.take('a', 2), second.take('a', 2)].map(Boolean), [true, false]);
  t.throws(() => new KeyCounts(memory, 3), RangeError);
});

await t.test('10,000 keys at once are each counted exactly, and leave nothing behind', async (t) => {
  const one = counts();
  const places = KEYS.flatMap((key) => [one.take(key, 3), one.take(key, 3), one.take(key, 3)]);
  t.ok(places.every((place) => place > 0));
  t.ok(KEYS.every((key) => one.take(key, 3) === 0), 'each is known to have three');
  for (const place of places) one.giveBack(place);
  t.ok(KEYS.every((key) => one.take(key, 1) > 0), 'and to have none');
});

await t.test('threat: a flood of keys makes no key forgotten, and what is left of it is nothing', async (t) => {
  const one = counts();
  t.ok(one.take('mine', 1) > 0);
  const places = Array.from({ length: 100_000 }, (_, i) => one.take(`flood ${i}`, 1000));
  t.ok(places.every((place) => place > 0), 'those beyond the table are counted together');
  t.equal(one.take('mine', 1), 0);
  for (const place of places) one.giveBack(place);
  t.ok(KEYS.every((key) => one.take(key, 1) > 0));
});

await t.test('threads that hammer one key never have more of it than allowed, and all of that', async (t) => {
  const memory = createKeyCounts(3);
  const taken = await inThreads(memory, 3, `
    for (let i = 0; i < 20000; i += 1) {
      const place = counts.take('a', 1);
      if (place === 0) continue;
      const other = counts.take('a', 1);
      if (other !== 0) result += 1;
      counts.giveBack(place);
      if (other !== 0) counts.giveBack(other);
    }`);
  t.strictSame(taken, [0, 0, 0], 'nobody found room beside himself');
  const held = await inThreads(memory, 3, "for (let i = 0; i < 1000; i += 1) if (counts.take('b', 700) > 0) result += 1;");
  t.equal(held.reduce((sum, count) => sum + count, 0), 700);
});
