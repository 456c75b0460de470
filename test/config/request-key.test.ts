import t from 'tap';
import { parseRequestKey } from '../../src/config/request-key.ts';

await t.test('a key is one word, or a kind and a name; header names lose their case, all others keep it', async (t) => {
  for (const word of ['address', 'route', 'global', 'apiKey', 'user']) t.strictSame(parseRequestKey(word), { of: word, name: '' });
  t.strictSame(parseRequestKey('header:X-Tenant'), { of: 'header', name: 'x-tenant' });
  t.strictSame(parseRequestKey('cookie:Sid'), { of: 'cookie', name: 'Sid' });
  t.strictSame(parseRequestKey('query:Key'), { of: 'query', name: 'Key' });
  t.strictSame(parseRequestKey('jwt:https://a.test/tenant.id'), { of: 'jwt', name: 'https://a.test/tenant.id' });
});

await t.test('what cannot be a key is refused with what would be right', async (t) => {
  const cases: readonly (readonly [text: string, word: RegExp])[] = [
    ['path', /`address`, `route`/],
    ['ip', /`address`/],
    ['address:x', /stands alone/],
    ['jwt', /jwt:CLAIM/],
    ['header:', /header:NAME/],
    ['header:a b', /not a header name/],
    ['cookie:a;b', /not the name of a cookie/],
    [`query:${'x'.repeat(101)}`, /longer than 100/],
  ];
  for (const [text, message] of cases) t.throws(() => parseRequestKey(text), { name: 'RangeError', message }, text);
});
