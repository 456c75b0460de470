import t from 'tap';
import { checkCookieName, parseHashKey } from '../../src/config/hash-key.ts';

await t.test('every key of a hash is read; only the name of a header has no case', async (t) => {
  t.strictSame(parseHashKey('address'), { of: 'address', name: null });
  t.strictSame(parseHashKey('path'), { of: 'path', name: null });
  t.strictSame(parseHashKey('header:X-Tenant'), { of: 'header', name: 'x-tenant' });
  t.strictSame(parseHashKey('cookie:Session'), { of: 'cookie', name: 'Session' });
  t.strictSame(parseHashKey('query:User[id]:1'), { of: 'query', name: 'User[id]:1' });
});

await t.test('what cannot be hashed is refused with what would be right', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    ip: /write `address`, `path`, `header:NAME`/,
    'address:x': /stands alone: leave `:x` out/,
    'path:': /stands alone/,
    header: /write `header:NAME`/,
    'query:': /write `query:NAME`/,
    'header:a b': /not a header name/,
    'cookie:a;b': /not the name of a cookie/,
    [`query:${'x'.repeat(101)}`]: /longer than 100/,
    '': /cannot be hashed/,
  };
  for (const [text, message] of Object.entries(cases)) t.throws(() => parseHashKey(text), { name: 'RangeError', message }, text);
});

await t.test('the name of a cookie can end neither the cookie nor the header', async (t) => {
  for (const name of ['', 'a b', 'a=b', 'a;b', 'a\r\nb', '"a"', 'x'.repeat(101)]) t.throws(() => checkCookieName(name), { name: 'RangeError' }, JSON.stringify(name));
  t.doesNotThrow(() => checkCookieName('shop_at-1'));
});
