import t from 'tap';
import { hash32, mix32 } from '../../src/lib/hash32.ts';

await t.test('the finaliser is MurmurHash3\'s', async (t) => {
  t.strictSame([0, 1, 2, 0xffffffff].map(mix32), [0, 0x514e28b7, 0x30f4c306, 0x81f16f39]);
});

await t.test('the hash is the mixed FNV-1a, with the published values of that', async (t) => {
  t.equal(hash32(''), mix32(0x811c9dc5));
  t.equal(hash32('a'), mix32(0xe40c292c));
  t.equal(hash32('foobar'), mix32(0xbf9cf968));
});

await t.test('texts that differ little are spread evenly, by low bits and by high ones', async (t) => {
  const texts = Array.from({ length: 64_000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  for (const bucketOf of [(hash: number) => hash % 64, (hash: number) => hash >>> 26, (hash: number) => hash % 61]) {
    const counts = new Map<number, number>();
    for (const text of texts) counts.set(bucketOf(hash32(text)), (counts.get(bucketOf(hash32(text))) ?? 0) + 1);
    const expected = texts.length / counts.size;
    const chiSquare = [...counts.values()].reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 63 degrees of freedom: above 120 once in a hundred thousand.
    t.ok(chiSquare < 120 && counts.size >= 61, `χ² is ${chiSquare.toFixed(0)} over ${counts.size} buckets`);
  }
  t.ok(new Set(texts.map((text) => hash32(text))).size > texts.length - 10, 'hardly any two are the same');
});

await t.test('another seed is another hash', async (t) => {
  const same = Array.from({ length: 1000 }, (_, i) => hash32(`${i}`, 1) % 10 === hash32(`${i}`, 2) % 10).filter(Boolean).length;
  t.ok(same > 50 && same < 150, `${same} of 1,000 agree by chance`);
});
