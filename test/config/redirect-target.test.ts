import t from 'tap';
import { checkRedirectTo } from '../../src/config/redirect-target.ts';

await t.test('paths and http(s) URLs with placeholders are allowed', async (t) => {
  for (const to of ['/new', '/new{path}{query}', '{path}', 'https://example.com', 'https://{host}{path}{query}', 'http://[::1]:80/x']) {
    t.doesNotThrow(() => checkRedirectTo(to), to);
  }
});

await t.test('what could lead elsewhere or break the answer is refused', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    '//evil.example': /starts a host/,
    '/{path}': /starts a host/,
    '/\\evil.example': /no \{ \}/,
    'javascript:alert(1)': /leads to a path/,
    new: /leads to a path/,
    '{query}': /leads to a path/,
    '/{uri}': /`\{uri\}` is not known/,
    '/a b': /no spaces/,
    '/a\r\nSet-Cookie: x': /no spaces/,
    '/ü': /only ASCII/,
    '/{a': /no \{ \}/,
    'https://': /not a URL/,
    'https://u:p@example.com/': /user name/,
  };
  for (const [to, message] of Object.entries(cases)) t.throws(() => checkRedirectTo(to), { name: 'RangeError', message }, to);
});
