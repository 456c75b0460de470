import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { hasDuplicate } from '../../src/lib/duplicate.ts';

const long = (last: number): number[] => [...Array.from({ length: 100 }, (_, i) => i), last];

await t.test('two items are the same where they are deeply equal, and nowhere else', (t) => {
  const values = ['1', 1, 0, -0, NaN, null, undefined, true, 'true', '', [], {}, [1], ['1'], [[1]], { a: 1, b: 2 }, { a: 1 }, { a: undefined }, { a: { b: 1 } }, { a: { b: 2 } },
    '[1]', '{}', '"', long(1), long(2)];
  const wrong = values.flatMap((one, i) => values.map((other, j) => [i, j, hasDuplicate([one, structuredClone(other)]), isDeepStrictEqual(one, other)] as const)).filter(([, , said, is]) => said !== is);
  t.strictSame(wrong, []);
  t.equal(hasDuplicate(values), false);
  t.equal(hasDuplicate([{ a: 1, b: [2] }, 'between', { b: [2], a: 1 }]), true, 'the order of names says nothing');
  t.end();
});

await t.test('a list ten times as long takes about ten times as long, of texts and of maps', (t) => {
  const kinds: ((i: number) => unknown)[] = [(i) => `item ${i}`, (i) => i, (i) => ({ name: { of: [i] } })];
  for (const kind of kinds) {
    const list = Array.from({ length: 50_000 }, (_, i) => kind(i));
    const before = process.cpuUsage();
    t.equal(hasDuplicate(list), false);
    const { user, system } = process.cpuUsage(before);
    // The square of it takes a minute; this takes 50 ms.
    t.ok(user + system < 3_000_000, `${user + system} µs`);
  }
  t.end();
});
