import * as fc from 'fast-check';
import t from 'tap';
import type { PathRewrite } from '../../src/config/config.ts';
import { GatewayError } from '../../src/exchange/errors.ts';
import { canonicalPath } from '../../src/request/path.ts';
import { createRewrite } from '../../src/request/rewrite.ts';

function rewrite(path: string, options: Partial<PathRewrite>): string {
  const rewritten = createRewrite({ stripPrefix: '', addPrefix: '', replace: null, ...options });
  return rewritten === null ? path : rewritten(path);
}

await t.test('there is no function where there is nothing to do', async (t) => {
  t.equal(createRewrite({ stripPrefix: '', addPrefix: '', replace: null }), null);
  t.equal(createRewrite({ stripPrefix: '/', addPrefix: '/', replace: null }), null);
});

await t.test('a prefix is stripped where it is whole segments', async (t) => {
  const cases: readonly (readonly [path: string, rest: string])[] = [
    ['/api/v1', '/v1'], ['/api', '/'], ['/api/', '/'], ['/apix', '/apix'], ['/api../x', '/api../x'], ['/API/x', '/API/x'], ['/x/api/y', '/x/api/y'], ['/', '/'],
  ];
  for (const [path, rest] of cases) t.equal(rewrite(path, { stripPrefix: '/api' }), rest, path);
  t.equal(rewrite('/api/v1', { stripPrefix: '/api/' }), '/v1', 'a slash at its end says nothing');
});

await t.test('a prefix is added after one was stripped', async (t) => {
  t.equal(rewrite('/v1', { addPrefix: '/app' }), '/app/v1');
  t.equal(rewrite('/', { addPrefix: '/app/' }), '/app/');
  t.equal(rewrite('/api/x', { stripPrefix: '/api', addPrefix: '/v2' }), '/v2/x');
  t.equal(rewrite('/api', { stripPrefix: '/api', addPrefix: '/v2' }), '/v2');
});

await t.test('a replacement comes last and is made canonical where only slashes are wrong', async (t) => {
  t.equal(rewrite('/users/7/edit', { replace: { pattern: '^/users/([0-9]+)/(.*)$', with: '/$2/$1' } }), '/edit/7');
  t.equal(rewrite('/a-b-c', { replace: { pattern: '-', with: '/' } }), '/a/b/c');
  t.equal(rewrite('/x/', { replace: { pattern: '^/x(/y)?/', with: '/$1/z/' } }), '/z/');
  t.equal(rewrite('/x/y', { replace: { pattern: '^/x/', with: '' } }), '/y', 'the leading slash is put back');
  t.equal(rewrite('/x', { replace: { pattern: '.*', with: '' } }), '/');
  t.equal(rewrite('/api/x', { stripPrefix: '/api', addPrefix: '/v2', replace: { pattern: '^/v2', with: '/v3' } }), '/v3/x');
  t.equal(rewrite('/other', { replace: { pattern: '^/x', with: '/y' } }), '/other');
});

await t.test('a replacement cannot be steered out of the prefix that was added', async (t) => {
  const dropDashes = { addPrefix: '/public', replace: { pattern: '-', with: '' } };
  t.equal(rewrite('/a-b', dropDashes), '/public/ab');
  for (const path of ['/.-./secret', '/-../secret', '/%252-e']) t.throws(() => rewrite(path, dropDashes), { code: 'bad_path' }, path);
  t.throws(() => rewrite('/a', { replace: { pattern: '^/a', with: '/b?c' } }), { code: 'bad_path' });
  t.throws(() => rewrite('/a', { replace: { pattern: '^/a', with: '/b c' } }), { code: 'bad_path' });
});

await t.test('a prefix that is no path, and a pattern that is not RE2, are refused at load', async (t) => {
  t.throws(() => createRewrite({ stripPrefix: 'api', addPrefix: '', replace: null }), { code: 'bad_path' });
  t.throws(() => createRewrite({ stripPrefix: '', addPrefix: '/a/../..', replace: null }), { code: 'bad_path' });
  t.throws(() => createRewrite({ stripPrefix: '', addPrefix: '', replace: { pattern: '(?=a)', with: '' } }), { name: 'RE2JSSyntaxException' });
});

await t.test('property: what comes out is canonical, or it is bad_path', async (t) => {
  const path = fc.string({ unit: fc.constantFrom(...'/.-a%2e5;'.split('')) }).map((text) => `/${text}`);
  const replace = fc.record({ pattern: fc.constantFrom('-', 'a', '/', '^/a', '(a)', '%25'), with: fc.constantFrom('', '.', '/', '$1', '%', '..') });
  fc.assert(
    fc.property(path, fc.constantFrom('', '/a', '/a/a'), fc.constantFrom('', '/a', '/-/b'), fc.option(replace), (raw, stripPrefix, addPrefix, replacement) => {
      try {
        const rewritten = rewrite(canonicalPath(raw), { stripPrefix, addPrefix, replace: replacement });
        return canonicalPath(rewritten) === rewritten;
      } catch (error) {
        return error instanceof GatewayError && error.code === 'bad_path';
      }
    }),
    { numRuns: 3000 },
  );
  t.pass('whatever the rewrite');
});
