import t from 'tap';
import type { RouteMatch } from '../../src/config/route-match.ts';
import { RouteCandidate, type RouteQuestion } from '../../src/request/route-candidate.ts';
import { routeMatch } from '../helpers/route-match.ts';

function answers(match: RouteMatch, question: Partial<RouteQuestion>): boolean {
  return new RouteCandidate(match, 1).answers({ method: 'GET', path: '/', query: '', rawHeaders: [], allowed: null, ...question });
}

await t.test('a list of methods lets HEAD pass with GET, and nothing else', async (t) => {
  const match = routeMatch('/*', { methods: ['GET'] });
  t.strictSame(['GET', 'HEAD', 'POST', 'get'].map((method) => answers(match, { method })), [true, true, false, false]);
  t.equal(answers(routeMatch('/*'), { method: 'PROPFIND' }), true);
});

await t.test('the last segment decides of an extension, whatever its case', async (t) => {
  const match = routeMatch('/static/*.{css,tar.gz}');
  const cases: readonly (readonly [path: string, fits: boolean])[] = [
    ['/static/a.css', true], ['/static/b/a.CSS', true], ['/static/.css', true], ['/static/a.tar.gz', true], ['/static/a.b.tar.gz', true],
    ['/static/a.gz', false], ['/static/css', false], ['/static/a.css/', false], ['/static/a.css/b', false], ['/static/a.cssx', false], ['/static', false],
  ];
  for (const [path, fits] of cases) t.equal(answers(match, { path }), fits, path);
  t.equal(answers(routeMatch('/a.css/*.css'), { path: '/a.css' }), false, 'the prefix itself is not below it');
});

await t.test('a header is found in any case, its lines joined', async (t) => {
  const exact = routeMatch('/*', { headers: [{ name: 'x-tenant', value: 'a' }] });
  t.equal(answers(exact, { rawHeaders: ['X-Tenant', 'a'] }), true);
  t.equal(answers(exact, { rawHeaders: ['Host', 'x-tenant', 'X-Tenant', 'A'] }), false);
  t.equal(answers(exact, { rawHeaders: ['X-Tenant', 'a', 'x-tenant', 'b'] }), false, 'a second line is not overlooked');
  t.equal(answers(exact, { rawHeaders: ['X-Tenant', 'b', 'x-tenant', 'a'] }), false);
  t.equal(answers(exact, {}), false);
  const any = routeMatch('/*', { headers: [{ name: 'x-tenant', value: null }] });
  t.equal(answers(any, { rawHeaders: ['X-TENANT', ''] }), true);
  t.equal(answers(any, { rawHeaders: ['X-Tenant2', ''] }), false);
  t.equal(answers(routeMatch('/*', { headers: [{ name: 'constructor', value: null }] }), {}), false);
});

await t.test('a query parameter is compared decoded, the first of its name', async (t) => {
  const match = routeMatch('/*', { query: [{ name: 'v', value: 'a b' }] });
  t.strictSame(['?v=a%20b', '?x=1&v=a+b', '?v=a%20b&v=c', '?v=c&v=a%20b', '?V=a%20b', '?v', ''].map((query) => answers(match, { query })), [true, true, true, false, false, false, false]);
  const any = routeMatch('/*', { query: [{ name: 'v', value: null }] });
  t.strictSame(['?v', '?v=', '?v=1', '?x=v', '?'].map((query) => answers(any, { query })), [true, true, true, false, false]);
});

await t.test('all conditions must be met', async (t) => {
  const match = routeMatch('~^/a', { headers: [{ name: 'x', value: '1' }], query: [{ name: 'q', value: null }] });
  t.equal(answers(match, { path: '/a', rawHeaders: ['X', '1'], query: '?q' }), true);
  t.equal(answers(match, { path: '/b', rawHeaders: ['X', '1'], query: '?q' }), false);
  t.equal(answers(match, { path: '/a', rawHeaders: ['X', '1'], query: '?p' }), false);
  t.equal(answers(match, { path: '/a', query: '?q' }), false);
});

await t.test('methods are collected from what fits but for its method', async (t) => {
  const match = routeMatch('~^/a', { methods: ['GET', 'PUT'], headers: [{ name: 'x', value: null }] });
  const allowed = new Set<string>();
  t.equal(answers(match, { method: '', path: '/a', rawHeaders: ['X', ''], allowed }), false);
  t.strictSame(allowed, new Set(['GET', 'PUT', 'HEAD']));
  allowed.clear();
  answers(match, { method: '', path: '/b', rawHeaders: ['X', ''], allowed });
  answers(match, { method: '', path: '/a', allowed });
  t.strictSame(allowed, new Set());
});
