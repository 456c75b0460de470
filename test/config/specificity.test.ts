import * as fc from 'fast-check';
import t from 'tap';
import type { RouteMatch } from '../../src/config/route-match.ts';
import { methodSet, compareSpecificity, literalBeginning, specificityOf } from '../../src/config/specificity.ts';
import { pathPattern, routeMatch } from '../helpers/route-match.ts';

function compare(a: RouteMatch, b: RouteMatch): number {
  return Math.sign(compareSpecificity(specificityOf(a), specificityOf(b)));
}

await t.test('the rule, from the most to the least specific', async (t) => {
  const header = { name: 'x-a', value: null };
  const ordered: readonly RouteMatch[] = [
    routeMatch('/*', { host: 'a.example.com' }),
    routeMatch('/longer/than/all', { host: '*.a.example.com' }),
    routeMatch('/a', { host: '*.example.com', priority: 9 }),
    routeMatch('/api/v1'),
    routeMatch('/a'),
    routeMatch('~^/api/v1/[0-9]+'),
    routeMatch('/api/v1/*'),
    routeMatch('~^/api', { methods: ['GET'] }),
    routeMatch('~^/api'),
    routeMatch('/api/*.css', { priority: 5 }),
    routeMatch('/api/*.css'),
    routeMatch('/api/*', { methods: ['GET', 'POST'], headers: [header] }),
    routeMatch('/api/*', { methods: ['GET'] }),
    routeMatch('/api/*', { headers: [header, header] }),
    routeMatch('/api/*', { headers: [header], query: [header] }),
    routeMatch('/api/*', { headers: [header] }),
    routeMatch('/api/*', { query: [header, header], priority: 1 }),
    routeMatch('/api/*', { query: [header], priority: 2 }),
    routeMatch('/api/*', { priority: 3 }),
    routeMatch('/api/*'),
    routeMatch('/*.php'),
    routeMatch('/*'),
  ];
  for (const [i, a] of ordered.entries()) {
    for (const [j, b] of ordered.entries()) t.equal(compare(a, b), Math.sign(i - j), `${i} and ${j}`);
  }
});

await t.test('a regex without ^ is as specific as /* and comes before it', async (t) => {
  t.equal(compare(routeMatch(String.raw`~\.php$`), routeMatch('/*')), -1);
  t.equal(compare(routeMatch(String.raw`~\.php$`), routeMatch('/a/*')), 1);
});

await t.test('two of the same kind and measure are equal', async (t) => {
  t.equal(compare(routeMatch('/a', { host: 'a' }), routeMatch('/b', { host: 'bcd' })), 0);
  t.equal(compare(routeMatch('~^/a[0-9]'), routeMatch('~^/b(c|d)')), 0);
});

await t.test('property: the comparison is an order', async (t) => {
  const match = fc
    .record({
      path: fc.constantFrom('/a', '/a/*', '/a/b/*', '/a/*.css', '~^/a', '~x', '/*'),
      host: fc.constantFrom(null, 'a.b', '*.b', '*.a.b'),
      methods: fc.constantFrom(null, ['GET']),
      headers: fc.constantFrom([], [{ name: 'a', value: null }]),
      priority: fc.constantFrom(0, 1),
    })
    .map(({ path, ...options }) => routeMatch(path, options));
  fc.assert(
    fc.property(match, match, match, (a, b, c) => compare(a, b) === 0 - compare(b, a) && !(compare(a, b) <= 0 && compare(b, c) <= 0 && compare(a, c) > 0)),
    { numRuns: 2000 },
  );
  t.pass('antisymmetric and transitive');
});

await t.test('the literal beginning is what all paths of a pattern have in common', async (t) => {
  t.strictSame(
    ['/a/b', '/a/*', '/*', '/a/*.css', '~^/a/[0-9]', '~a'].map((text) => literalBeginning(pathPattern(text))),
    ['/a/b', '/a', '', '/a', '/a/', ''],
  );
});

await t.test('a list with GET allows HEAD', async (t) => {
  t.strictSame(methodSet(['GET', 'POST']), new Set(['GET', 'POST', 'HEAD']));
  t.strictSame(methodSet(['POST']), new Set(['POST']));
  t.equal(methodSet(null), null);
});
