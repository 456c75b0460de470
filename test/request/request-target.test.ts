import * as fc from 'fast-check';
import t from 'tap';
import { parseRequestTarget } from '../../src/request/request-target.ts';

await t.test('the origin-form is split at its first question mark, and the query kept byte for byte', async (t) => {
  t.strictSame(parseRequestTarget('/'), { path: '/', query: '', authority: null });
  t.strictSame(parseRequestTarget('/a/b?c=d?e&%2f'), { path: '/a/b', query: '?c=d?e&%2f', authority: null });
  t.strictSame(parseRequestTarget('/a?'), { path: '/a', query: '?', authority: null });
  t.strictSame(parseRequestTarget('/a?"<>\\^`{|}[]%zz//..'), { path: '/a', query: '?"<>\\^`{|}[]%zz//..', authority: null });
});

await t.test('two slashes at the beginning are a path, not an authority', async (t) => {
  t.strictSame(parseRequestTarget('//evil.example/x'), { path: '//evil.example/x', query: '', authority: null });
});

await t.test('the absolute-form gives its authority to be compared with Host', async (t) => {
  t.strictSame(parseRequestTarget('http://a.example:80/b?c'), { path: '/b', query: '?c', authority: 'a.example:80' });
  t.strictSame(parseRequestTarget('HTTPS://A.example'), { path: '/', query: '', authority: 'A.example' });
  t.strictSame(parseRequestTarget('http://a.example?c'), { path: '/', query: '?c', authority: 'a.example' });
  t.strictSame(parseRequestTarget('http://user:pw@a.example/'), { path: '/', query: '', authority: 'user:pw@a.example' });
});

await t.test('the asterisk-form is taken only where the caller says so', async (t) => {
  t.strictSame(parseRequestTarget('*', true), { path: '*', query: '', authority: null });
  t.throws(() => parseRequestTarget('*'), { code: 'bad_request' });
});

await t.test('every other form is refused', async (t) => {
  const targets = ['', 'a.example:443', 'a', '?a', 'http:/a', 'http:///a', 'http://', 'ftp://a.example/', 'javascript://a/', ' /a', '\\a', '**', '*?a', 'http:\\\\a.example\\'];
  for (const url of targets) t.throws(() => parseRequestTarget(url, true), { code: 'bad_request' }, JSON.stringify(url));
});

await t.test('a query with a blank, a control character, a fragment or bytes above ASCII is refused', async (t) => {
  for (const query of ['a b', 'a\tb', 'a\r\nb', 'a\u0000', 'a\u007f', 'a#b', 'é', '\u{1F600}']) {
    t.throws(() => parseRequestTarget(`/?${query}`), { code: 'bad_request' }, JSON.stringify(query));
    t.throws(() => parseRequestTarget(`http://a.example/?${query}`), { code: 'bad_request' }, JSON.stringify(query));
  }
});

await t.test('a fragment stays in the path, where the canonical form refuses it', async (t) => {
  t.equal(parseRequestTarget('/a#b').path, '/a#b');
  t.equal(parseRequestTarget('http://a.example#b').path, '/#b');
});

await t.test('property: path and query together are the target', async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'/?&=%.;ab'.split('')) }), (text) => {
      const { path, query } = parseRequestTarget(`/${text}`);
      return path + query === `/${text}` && !path.includes('?');
    }),
    { numRuns: 500 },
  );
  t.pass('nothing is lost');
});
