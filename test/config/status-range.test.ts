import t from 'tap';
import { parseStatusRange } from '../../src/config/status-range.ts';

await t.test('one status is a range of one', async (t) => {
  t.strictSame(parseStatusRange('200-399'), [200, 399]);
  t.strictSame(parseStatusRange('204'), [204, 204]);
  t.strictSame(parseStatusRange(599), [599, 599]);
});

await t.test('a range without a final status in it is refused', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    '100-199': /from 200 to 599/,
    '200-600': /from 200 to 599/,
    '399-200': /write `200-399`/,
    '2xx': /neither a status nor a range/,
    '200-': /neither a status nor a range/,
    '200, 204': /neither a status nor a range/,
    '': /neither a status nor a range/,
  };
  for (const [text, message] of Object.entries(cases)) t.throws(() => parseStatusRange(text), { name: 'RangeError', message }, text);
});
