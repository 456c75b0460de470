import t from 'tap';
import { parseFactor, parseGuardTime } from '../../src/config/guard-bound.ts';

await t.test('a guard lasts from five seconds to ten minutes', async (t) => {
  t.equal(parseGuardTime('5s'), 5000);
  t.equal(parseGuardTime('10m'), 600_000);
  for (const text of ['4999ms', '10m1s']) t.throws(() => parseGuardTime(text), { name: 'RangeError', message: /from 5s to 10m/ }, text);
  t.throws(() => parseGuardTime('30'), { name: 'RangeError', message: /needs a unit/ });
  t.throws(() => parseGuardTime('off'), { name: 'RangeError', message: /write `guard: off`/ });
});

await t.test('a multiple is a number and an x', async (t) => {
  const right: Readonly<Record<string, number>> = { '2x': 2, '1.5x': 1.5, '100x': 100, off: Infinity };
  for (const [text, factor] of Object.entries(right)) t.equal(parseFactor(text), factor, text);
  const wrong: Readonly<Record<string, RegExp>> = { 2: /write `2x`/, '1.5': /write `1.5x`/, '1x': /from 1.2x to 100x/, '101x': /from 1.2x/, x: /not a multiple/, '2 x': /not a multiple/, '-2x': /not a multiple/, '': /not a multiple/ };
  for (const [text, message] of Object.entries(wrong)) t.throws(() => parseFactor(text), { name: 'RangeError', message }, text);
});
