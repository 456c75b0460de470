import t from 'tap';
import { parseHstsAge } from '../../src/config/hsts-age.ts';

await t.test('an age may be longer than any timer, and none at all', async (t) => {
  t.strictSame(['365d', '1h30m', '0s', '0d'].map(parseHstsAge), [31_536_000, 5400, 0, 0]);
});

await t.test('what is no age is refused with what would be one', async (t) => {
  for (const [text, message] of [['31536000', /31536000s/], ['1500ms', /whole number of seconds/], ['4000d', /longest duration is 3650d/], ['off', /`hsts: off`/], ['a year', /not a duration/]] as const) {
    t.throws(() => parseHstsAge(text), { name: 'RangeError', message }, text);
  }
});
