import t from 'tap';
import { parsePercent } from '../../src/lib/percent.ts';

await t.test('a percentage is a share of one', async (t) => {
  const cases: Readonly<Record<string, number>> = { '0%': 0, '0.5%': 0.005, '20%': 0.2, '99.9%': 0.999, '100%': 1, '100.000%': 1 };
  for (const [text, share] of Object.entries(cases)) t.equal(parsePercent(text), share, text);
});

await t.test('what is no percentage is refused with what would be right', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    20: /write `20%`/,
    '0.2': /write `0.2%`/,
    '101%': /up to 100%/,
    '100.001%': /up to 100%/,
    '-1%': /not a percentage/,
    '%': /not a percentage/,
    '20 %': /not a percentage/,
    '1e1%': /not a percentage/,
    '1.%': /not a percentage/,
    off: /not a percentage/,
    '': /not a percentage/,
  };
  for (const [text, message] of Object.entries(cases)) t.throws(() => parsePercent(text), { name: 'RangeError', message }, text);
});
