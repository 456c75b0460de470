import t from 'tap';
import { checkBroken, loadText } from '../../helpers/config-text.ts';
import { settingsOf } from '../../helpers/policies.ts';

function valuesOf(options: string, more = ''): readonly (readonly [path: string, value: string | null])[] {
  return (settingsOf(options, more).cacheControl?.rules ?? []).map(({ path, value }) => {
    switch (path.kind) {
      case 'exact': return [path.path, value];
      case 'regex': return [`~${path.source}`, value];
      case 'prefix': return [`${path.prefix}/*`, value];
      case 'extension': return [`${path.prefix}/*.${path.extensions.join()}`, value];
    }
  });
}

await t.test('a pattern with a value, one value for all paths, and parts that make a value', async (t) => {
  t.strictSame(valuesOf('cacheControl: { "*.css": "public, max-age=3600" }'), [['/*.css', 'public, max-age=3600']]);
  t.strictSame(valuesOf('cacheControl: no-store'), [['/*', 'no-store']]);
  t.strictSame(valuesOf('cacheControl: { "*.{css,JS}": { maxAge: 1y, immutable: true } }'), [['/*.css,js', 'max-age=31536000, immutable']]);
  t.strictSame(valuesOf('cacheControl: { "*": { maxAge: 1h30m }, /a: { maxAge: 0s }, /b: { value: no-cache } }'), [['/a', 'max-age=0'], ['/b', 'no-cache'], ['/*', 'max-age=5400']]);
  t.equal(settingsOf('cacheControl: off').cacheControl, null);
});

await t.test('the most specific pattern comes first, wherever it stands', async (t) => {
  const options = 'cacheControl: { "*": no-store, "*.js": no-cache, /assets/*: max-age=1, "/assets/*.js": max-age=2, /assets/app.js: max-age=3, "~^/assets/.*-[0-9a-f]{8}": max-age=4 }';
  t.strictSame(valuesOf(options).map(([path]) => path), ['/assets/app.js', '~^/assets/.*-[0-9a-f]{8}', '/assets/*.js', '/assets/*', '/*.js', '/*']);
});

await t.test('what a route says of a pattern takes the place of what defaults say of it', async (t) => {
  const defaults = 'defaults: { cacheControl: { "*.css": { maxAge: 1y, immutable: true }, "*.html": no-cache } }';
  t.strictSame(valuesOf('cacheControl: { "*.css": { maxAge: 1h } }', defaults), [['/*.css', 'max-age=3600'], ['/*.html', 'no-cache']]);
  t.strictSame(valuesOf('cacheControl: { "*.{css,js}": no-cache }', defaults).map(([path]) => path), ['/*.css,js', '/*.css', '/*.html'], 'of two that are equally specific, that of the route');
  t.strictSame(valuesOf('cacheControl: { "*.css": off }', defaults), [['/*.css', null], ['/*.html', 'no-cache']]);
});

await t.test('what cannot be meant is refused at its place', async (t) => {
  checkBroken(t, [
    ['routes: [{ respond: {}, cacheControl: { »assets/*: no-cache } }]', 'write `/assets/*`'],
    ['routes: [{ respond: {}, cacheControl: { "*.css": »"public, max-aeg=60" } }]', 'Did you mean `max-age`?'],
    ['routes: [{ respond: {}, cacheControl: { "*.css": »max-age=1y } }]', 'max-age=31536000'],
    ['routes: [{ respond: {}, cacheControl: { "*.css": { value: »"no-store, max-age=1" } } }]', 'contradict'],
    ['routes: [{ respond: {}, cacheControl: { "*.css": { value: no-cache, »maxAge: 1h } } }]', 'either'],
    ['routes: [{ respond: {}, cacheControl: { "*.css": »{ immutable: true } } }]', 'maxAge'],
    ['routes: [{ respond: {}, cacheControl: { "*.css": { »maxage: 1h } } }]', 'Did you mean `maxAge`?'],
    ['routes: [{ respond: {}, cacheControl: { "*.css": { maxAge: »3600 } } }]', 'a duration such as 1y'],
    ['routes: [{ respond: {}, cacheControl: »{} }]', 'nothing of any path'],
  ]);
});

await t.test('a directive that nobody knows is only warned of', async (t) => {
  const { warnings } = loadText('routes: [{ respond: {}, cacheControl: { "*.css": "max-age=60, cdn-hint=1" } }]');
  t.match(warnings, [{ message: /no directive that caches know/, hint: /max-age/ }]);
});
