import t from 'tap';
import { parseBytes } from '../../src/lib/bytes.ts';

await t.test('reads every unit in any case, a KB being 1024 bytes', async (t) => {
  const cases: Readonly<Record<string, number>> = { '512B': 512, '0b': 0, '64KB': 65_536, '64kib': 65_536, '20MB': 20_971_520, '1GB': 1024 ** 3, '2TiB': 2 * 1024 ** 4 };
  for (const [text, bytes] of Object.entries(cases)) t.equal(parseBytes(text), bytes, text);
});

await t.test('says what is wrong', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    '64': /needs a unit: write `64KB` or `64B`/,
    '1.5MB': /not a size/,
    '5 MB': /not a size/,
    '5iB': /not a size/,
    '5K': /not a size/,
    '-1B': /not a size/,
    '999999999999TB': /too large/,
  };
  for (const [text, message] of Object.entries(cases)) t.throws(() => parseBytes(text), { name: 'RangeError', message }, text);
});
