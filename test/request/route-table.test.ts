import * as fc from 'fast-check';
import t from 'tap';
import type { RouteMatch } from '../../src/config/route-match.ts';
import { compareSpecificity, specificityOf } from '../../src/config/specificity.ts';
import { RouteTable } from '../../src/request/route-table.ts';
import { routeMatch } from '../helpers/route-match.ts';

const NONE: readonly string[] = [];

function tableOf(routes: Readonly<Record<string, readonly RouteMatch[]>>): RouteTable<string> {
  return new RouteTable(Object.entries(routes).map(([value, matches]) => ({ matches, value })));
}

await t.test('a host wins over wildcards, a longer wildcard over a shorter, and those over no host', async (t) => {
  const table = tableOf({
    none: [routeMatch('/a/b')],
    short: [routeMatch('/*', { host: '*.example.com' })],
    long: [routeMatch('/*', { host: '*.eu.example.com' })],
    full: [routeMatch('/*', { host: 'app.eu.example.com' })],
  });
  const cases: readonly (readonly [host: string, route: string | null])[] = [
    ['app.eu.example.com', 'full'], ['b.eu.example.com', 'long'], ['a.b.eu.example.com', 'long'], ['eu.example.com', 'short'], ['a.b.example.com', 'short'],
    ['example.com', 'none'], ['notexample.com', 'none'], ['[::1]', 'none'], ['', 'none'], ['com', 'none'], ['.example.com', 'none'], ['*.example.com', 'short'],
  ];
  for (const [host, route] of cases) t.equal(table.find('GET', host, '/a/b', '', NONE), route, host);
});

await t.test('what a host does not take falls through to wildcards and to routes of every host', async (t) => {
  const table = tableOf({
    full: [routeMatch('/full/*', { host: 'a.example.com', methods: ['GET'] })],
    wildcard: [routeMatch('/wildcard/*', { host: '*.example.com' })],
    none: [routeMatch('/full/*'), routeMatch('/none')],
  });
  t.equal(table.find('GET', 'a.example.com', '/full/x', '', NONE), 'full');
  t.equal(table.find('POST', 'a.example.com', '/full/x', '', NONE), 'none');
  t.equal(table.find('GET', 'a.example.com', '/wildcard', '', NONE), 'wildcard');
  t.equal(table.find('GET', 'a.example.com', '/none', '', NONE), 'none');
  t.equal(table.find('GET', 'a.example.com', '/', '', NONE), null);
});

await t.test('several matches of a route lead to it, and conditions choose between routes of one path', async (t) => {
  const table = tableOf({
    plain: [routeMatch('/a'), routeMatch('/b')],
    canary: [routeMatch('/a', { headers: [{ name: 'x-canary', value: null }] })],
    version: [routeMatch('/a', { query: [{ name: 'v', value: '2' }] })],
    write: [routeMatch('/a', { methods: ['POST'] })],
  });
  t.equal(table.find('GET', '', '/a', '', NONE), 'plain');
  t.equal(table.find('GET', '', '/b', '', NONE), 'plain');
  t.equal(table.find('GET', '', '/a', '', ['X-Canary', '1']), 'canary');
  t.equal(table.find('GET', '', '/a', '?v=2', NONE), 'version');
  t.equal(table.find('GET', '', '/a', '?v=2', ['X-Canary', '1']), 'canary');
  t.equal(table.find('POST', '', '/a', '?v=2', ['X-Canary', '1']), 'write');
});

await t.test('priority decides between equals, then the order of the file', async (t) => {
  const table = tableOf({ first: [routeMatch('~^/a[0-9]')], second: [routeMatch('~^/a[1-9]')], third: [routeMatch('~^/a[5-9]', { priority: 1 })] });
  t.strictSame(['/a0', '/a1', '/a5'].map((path) => table.find('GET', '', path, '', NONE)), ['first', 'first', 'third']);
});

await t.test('where only the method was wrong, the methods that are allowed are told', async (t) => {
  const table = tableOf({
    read: [routeMatch('/a/*', { methods: ['GET'] })],
    write: [routeMatch('/a/b', { host: 'a.example', methods: ['PUT', 'DELETE'] })],
    tenant: [routeMatch('/a/*', { methods: ['PATCH'], headers: [{ name: 'x', value: null }] })],
  });
  t.equal(table.find('POST', 'a.example', '/a/b', '', NONE), null);
  t.strictSame(table.allowedMethods('a.example', '/a/b', '', NONE), ['DELETE', 'GET', 'HEAD', 'PUT']);
  t.strictSame(table.allowedMethods('b.example', '/a/b', '', NONE), ['GET', 'HEAD']);
  t.strictSame(table.allowedMethods('b.example', '/a/b', '', ['X', '']), ['GET', 'HEAD', 'PATCH']);
  t.strictSame(table.allowedMethods('a.example', '/b', '', NONE), []);
  t.equal(table.find('POST', 'a.example', '/a/b', '', NONE), null, 'and nothing of it stays behind');
});

await t.test('the asterisk of OPTIONS is no path, so no route takes it', async (t) => {
  const table = tableOf({ any: [routeMatch('/*')], regex: [routeMatch('~')], post: [routeMatch('/*', { methods: ['POST'] })] });
  t.equal(table.find('OPTIONS', '', '*', '', NONE), null);
  t.strictSame(table.allowedMethods('', '*', '', NONE), []);
  t.equal(table.find('OPTIONS', '', '/', '', NONE), 'regex');
});

await t.test('names of object properties are paths and hosts like any other', async (t) => {
  const table = tableOf({ any: [routeMatch('/x/*')] });
  for (const name of ['__proto__', 'constructor', 'toString']) t.equal(table.find(name, name, `/${name}`, `?${name}`, [name, name]), null);
});

/** The rule as one would write it without thinking of time. */
function slowTest({ host, path, methods }: RouteMatch, method: string, requestHost: string, requestPath: string): boolean {
  const hostFits = host === null || host === requestHost || (host.startsWith('*') && requestHost.endsWith(host.slice(1)));
  const methodFits = methods === null || methods.includes(method);
  const below = (prefix: string): boolean => `${requestPath}/`.startsWith(`${prefix}/`);
  const pathFits =
    path.kind === 'exact' ? path.path === requestPath
    : path.kind === 'prefix' ? below(path.prefix)
    : path.kind === 'regex' ? new RegExp(path.source).test(requestPath)
    : below(path.prefix) && requestPath !== path.prefix && path.extensions.some((extension) => requestPath.endsWith(`.${extension}`));
  return hostFits && methodFits && pathFits;
}

await t.test('property: it finds what a search through all routes in the order of the rule finds', async (t) => {
  const paths = ['/', '/a', '/a/', '/a/b', '/a/b/c', '/ab', '/ab/c', '/a/b.css', '/a/b.js', '/b.css', '/a.css', '/a.css/b'];
  const patterns = [...paths, '/*', '/a/*', '/a/b/*', '/ab/*', '/a.css/*', '/*.css', '/a/*.css', '/a/*.{css,js}', '~^/a', '~^/ab?', '~^/a/', '~^/a/b$', '~^/a|c$', '~css$', '~^/a/(b|x)', '~b', '~^/a/b/'];
  const hosts = ['b.c', 'a.b.c', 'x.b.c', 'y.x.b.c', 'c'];
  const match = fc
    .record({
      path: fc.constantFrom(...patterns),
      host: fc.constantFrom(null, null, 'a.b.c', 'b.c', '*.b.c', '*.c', '*.x.b.c'),
      methods: fc.constantFrom(null, null, ['POST']),
      priority: fc.constantFrom(0, 0, 1),
    })
    .map(({ path, ...options }) => routeMatch(path, options));
  const route = fc.array(match, { minLength: 1, maxLength: 3 });
  let found = 0;
  fc.assert(
    fc.property(fc.array(route, { minLength: 1, maxLength: 12 }), (routes) => {
      const table = new RouteTable(routes.map((matches, value) => ({ matches, value })));
      const all = routes
        .flatMap((matches, value) => matches.map((one) => ({ match: one, value, specificity: specificityOf(one) })))
        .toSorted((a, b) => compareSpecificity(a.specificity, b.specificity));
      return hosts.every((host) =>
        paths.every((path) =>
          ['GET', 'POST'].every((method) => {
            const expected = all.find((entry) => slowTest(entry.match, method, host, path))?.value ?? null;
            if (expected !== null) found += 1;
            return table.find(method, host, path, '', NONE) === expected;
          }),
        ),
      );
    }),
    { numRuns: 300 },
  );
  t.ok(found > 5000, `routes are found: ${found}`);
});

await t.test('a hostile path or host costs no more than the configuration is deep', async (t) => {
  const table = tableOf({ deep: [routeMatch('/a/a/a/*')], dots: [routeMatch('/*.css')], wildcard: [routeMatch('/x', { host: '*.example.com' })] });
  const slashes = '/a'.repeat(8000);
  const dots = `/${'.a'.repeat(8000)}`;
  const host = 'a.'.repeat(120) + 'example.com';
  const startMs = performance.now();
  let right = 0;
  for (let i = 0; i < 2000; i += 1) {
    if (table.find('GET', host, slashes, '', NONE) === 'deep' && table.find('GET', host, dots, '', NONE) === null) right += 1;
  }
  t.equal(right, 2000);
  t.ok(performance.now() - startMs < 2000, 'each well below a millisecond');
});

function timeOf(work: () => void): number {
  const startMs = performance.now();
  work();
  return performance.now() - startMs;
}

/** How much longer one takes than the other: each at its best of many runs in turn, because a neighbour can only add to a time. */
function ratioOfBest(few: () => void, many: () => void): number {
  const rounds = Array.from({ length: 41 }, () => ({ few: timeOf(few), many: timeOf(many) }));
  return Math.min(...rounds.map((round) => round.many)) / Math.min(...rounds.map((round) => round.few));
}

function tableOfSize(count: number): RouteTable<number> {
  return new RouteTable(
    Array.from({ length: count }, (_, i) => ({
      matches: [routeMatch(i % 3 === 0 ? `/exact-${i}` : i % 3 === 1 ? `/service-${i}/v1/*` : `~^/regex-${i}/[0-9]+$`, { host: i % 2 === 0 ? 'a.example' : null })],
      value: i,
    })),
  );
}

await t.test('a look-up among 10,000 routes costs what it costs among 10', async (t) => {
  const paths = ['/exact-0', '/exact-3', '/service-1/v1/orders/17', '/service-4/v1', '/nothing/here'];
  const lookUp = (table: RouteTable<number>) => (): void => {
    for (let i = 0; i < 4000; i += 1) for (const path of paths) table.find('GET', 'a.example', path, '', NONE);
  };
  const ratio = ratioOfBest(lookUp(tableOfSize(10)), lookUp(tableOfSize(10_000)));
  t.ok(ratio < 2, `ratio ${ratio.toFixed(2)}`);
});
