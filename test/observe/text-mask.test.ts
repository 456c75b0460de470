import t from 'tap';
import { createTextMask } from '../../src/observe/text-mask.ts';
import { FULL_MASK, NO_MASK } from './sample-privacy.ts';

const hidden = (): string => '[address]';

await t.test('where nothing is to be masked, a text is given back as it is', async (t) => {
  const text = '%30jo@example.com';
  t.equal(createTextMask(NO_MASK, { address: hidden })(text), text);
});

await t.test('a text is shown in its plain form only where that alone has something to hide', async (t) => {
  const mask = createTextMask(FULL_MASK);
  t.equal(mask('/a%20b/%7Ejo'), '/a%20b/%7Ejo');
  t.equal(mask('/a%20b?tel=%2B82%2010-1234-5678'), '/a%20b?tel=[phone]', 'usual escapes are known');
  t.equal(mask('/a%20b?tel=%30%31%30-1234-5678'), '/a b?tel=[phone]');
  t.equal(mask('%6Ao%2540example%252Ecom'), '[email]');
  t.equal(mask('E%31%32%33456'), '[employee]');
  t.equal(mask('{"tel":"\\u0030\\u0031012345678"}'), '{"tel":"[phone]"}');
});

await t.test('in a host a pattern matches in any case', async (t) => {
  t.equal(createTextMask(FULL_MASK)('e123456.test'), 'e123456.test');
  t.equal(createTextMask(FULL_MASK, { anyCase: true })('e123456.test'), '[employee].test');
});

await t.test('addresses are masked where that is wanted, and in a text no version is taken for one', async (t) => {
  const config = { ...NO_MASK, address: 'truncate' } as const;
  const agent = 'Mozilla/5.0 (at 203.0.113.7) Chrome/120.0.0.1 Safari/537.36';
  t.equal(createTextMask(config, { address: hidden })(agent), 'Mozilla/5.0 (at [address]) Chrome/120.0.0.1 Safari/537.36');
  const url = createTextMask(config, { address: hidden, isUrl: true });
  t.equal(url('/of/203.0.113.7?ip=2001:db8::7&at=12:30:45'), '/of/[address]?ip=[address]&at=12:30:45');
  t.equal(url('?ip=2001%3Adb8%3A%3A7'), '?ip=[address]');
  t.equal(url('/1.2.3/300.1.1.1/1.2.3.4567'), '/1.2.3/300.1.1.1/1.2.3.4567');
});
