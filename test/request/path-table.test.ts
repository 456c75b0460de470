import t from 'tap';
import { PathTable } from '../../src/request/path-table.ts';
import { routeMatch } from '../helpers/route-match.ts';

/** The pattern that takes the path. `patterns` come most specific first. */
function taker(patterns: readonly string[], path: string): string | null {
  const table = new PathTable(patterns.map((pattern) => ({ match: routeMatch(pattern), value: pattern })));
  return table.find({ method: 'GET', path, query: '', rawHeaders: [], allowed: null })?.value ?? null;
}

await t.test('a prefix takes its own path and all below it, at the boundary of a segment', async (t) => {
  for (const path of ['/api', '/api/', '/api/a', '/api/a/b/c']) t.equal(taker(['/api/*'], path), '/api/*', path);
  for (const path of ['/apix', '/ap', '/', '/api../x', '/API', '/x/api']) t.equal(taker(['/api/*'], path), null, path);
  for (const path of ['/', '/a', '/a/b/']) t.equal(taker(['/*'], path), '/*', path);
});

await t.test('an exact path takes itself only', async (t) => {
  t.strictSame(['/a', '/a/', '/A', '/a/b'].map((path) => taker(['/a'], path)), ['/a', null, null, null]);
  t.strictSame(['/a/', '/a'].map((path) => taker(['/a/'], path)), ['/a/', null]);
  t.equal(taker(['/a', '~^/a', '/a/*'], '/a'), '/a');
});

await t.test('the longest literal beginning is tried first, then shorter ones', async (t) => {
  const patterns = ['~^/api/v1/[0-9]+$', '/api/v1/*.css', '/api/v1/*', '~^/api/v', '/api/*', String.raw`~\.php$`, '/*'];
  const cases: readonly (readonly [path: string, pattern: string])[] = [
    ['/api/v1/7', '~^/api/v1/[0-9]+$'], ['/api/v1/a.css', '/api/v1/*.css'], ['/api/v1/a', '/api/v1/*'], ['/api/v1', '/api/v1/*'],
    ['/api/v1x', '~^/api/v'], ['/api/v', '~^/api/v'], ['/api/x', '/api/*'], ['/apix', '/*'], ['/a/b.php', String.raw`~\.php$`], ['/api/b.php', '/api/*'], ['/', '/*'],
  ];
  for (const [path, pattern] of cases) t.equal(taker(patterns, path), pattern, path);
});

await t.test('a regex whose beginning is a prefix of another route is tried before it, and outside of it too', async (t) => {
  const patterns = ['~^/users(/new|x)$', '/users/*', '/*'];
  t.equal(taker(patterns, '/users/new'), '~^/users(/new|x)$');
  t.equal(taker(patterns, '/usersx'), '~^/users(/new|x)$');
  t.equal(taker(patterns, '/users/7'), '/users/*');
  t.equal(taker(patterns, '/usersy'), '/*');
});

await t.test('a regex that begins with no slash takes nothing', async (t) => {
  t.equal(taker(['~^api/x', '~^api'], '/api/x'), null);
});
