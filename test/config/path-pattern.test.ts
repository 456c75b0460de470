import t from 'tap';
import { checkCanonical, checkPathPrefix, parsePathPattern } from '../../src/config/path-pattern.ts';

await t.test('every form of a path is read', async (t) => {
  t.strictSame(parsePathPattern('/'), { kind: 'exact', path: '/' });
  t.strictSame(parsePathPattern('/a/'), { kind: 'exact', path: '/a/' });
  t.strictSame(parsePathPattern('/*'), { kind: 'prefix', prefix: '' });
  t.strictSame(parsePathPattern('/api/v1/*'), { kind: 'prefix', prefix: '/api/v1' });
  t.strictSame(parsePathPattern('/s/*.css'), { kind: 'extension', prefix: '/s', extensions: ['css'] });
  t.strictSame(parsePathPattern('/*.{CSS, js,css}'), { kind: 'extension', prefix: '', extensions: ['css', 'js'] });
  t.strictSame(parsePathPattern('~^/u/[0-9]+$'), { kind: 'regex', source: '^/u/[0-9]+$' });
});

await t.test('what is no pattern is refused with what would be right', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    api: /write `\/api`/,
    '': /starts with/,
    '/api*': /write `\/api\/\*`/,
    '/a/*/b': /ends a path/,
    '/*.{css': /ends a path/,
    '/*.': /file ending/,
    '/*.c/s': /file ending/,
    '~': /is empty/,
    '~[': /not valid/,
    [`~${'a'.repeat(1001)}`]: /longer than 1000/,
  };
  for (const [text, message] of Object.entries(cases)) t.throws(() => parsePathPattern(text), { name: 'RangeError', message }, text);
});

await t.test('a path that no canonical request has is refused with its canonical form', async (t) => {
  const cases: Readonly<Record<string, RegExp>> = {
    '/a//b': /write `\/a\/b`/,
    '/a/./b': /write `\/a\/b`/,
    '/a/../b': /write `\/b`/,
    '/..': /climbs above the root/,
    '/%61': /write `\/a`/,
    '/%c3%bc': /write `\/%C3%BC`/,
    '/ü': /write `\/%C3%BC`/,
    '/a b': /write `\/a%20b`/,
    '/a%2fb': /refused: .*%2F/,
    '/a%5Cb': /refused/,
    '/a\\b': /refused/,
    '/a%00': /refused/,
    '/a%zz': /two hexadecimal digits/,
    '/a#b': /`query`/,
  };
  for (const [text, message] of Object.entries(cases)) t.throws(() => checkCanonical(text), { name: 'RangeError', message }, text);
  for (const text of ['/', '/a/b', '/%C3%BC', "/a;b=c/d!$&'()+,=:@~"]) t.doesNotThrow(() => checkCanonical(text), text);
});

await t.test('the beginning of a path is plain and ends without a slash', async (t) => {
  for (const text of ['api', '/', '/api/', '/api/*', '/a//b']) t.throws(() => checkPathPrefix(text), { name: 'RangeError' }, text);
  t.doesNotThrow(() => checkPathPrefix('/api/v1'));
});
