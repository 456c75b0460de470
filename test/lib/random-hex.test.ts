import t from 'tap';
import { randomHex } from '../../src/lib/random-hex.ts';

await t.test('each text has its length, is lower-case hexadecimal, and comes once', async (t) => {
  const texts = new Set<string>();
  for (let i = 0; i < 5000; i += 1) {
    for (const digits of [32, 16]) {
      const text = randomHex(digits);
      if (text.length !== digits || !/^[0-9a-f]+$/.test(text)) t.fail(`"${text}" is not ${digits} digits`);
      texts.add(text);
    }
  }
  t.equal(texts.size, 10_000);
});

await t.test('digits are spread evenly', async (t) => {
  const counts = new Map<string, number>();
  for (let i = 0; i < 4000; i += 1) for (const digit of randomHex(16)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  t.equal(counts.size, 16);
  for (const [digit, count] of counts) t.ok(Math.abs(count - 4000) < 400, `${digit}: ${count} of 64000`);
});
