import * as fc from 'fast-check';
import t from 'tap';
import type { RouteMatch } from '../../src/config/route-match.ts';
import { findConflicts } from '../../src/config/conflicts.ts';
import { RouteTable } from '../../src/request/route-table.ts';
import { routeConfig, routeMatch } from '../helpers/route-match.ts';

/** One route for each argument, on lines 1, 2, 3 …, told as `index>other message`. */
function conflicts(...routes: readonly (RouteMatch | readonly RouteMatch[])[]): string[] {
  const configs = routes.map((matches, index) => routeConfig(index + 1, ...[matches].flat()));
  return findConflicts(configs).map(({ routeIndex, otherIndex, message }) => `${routeIndex}>${otherIndex} ${message}`);
}

const header = (name: string, value: string | null): Partial<RouteMatch> => ({ headers: [{ name, value }] });

await t.test('routes that the rule puts in order are no conflict', async (t) => {
  const apart: readonly (readonly RouteMatch[])[] = [
    [routeMatch('/a'), routeMatch('/a/*'), routeMatch('/*'), routeMatch('/a/*.css'), routeMatch('~^/a/[0-9]+$')],
    [routeMatch('/a', { host: 'a.example' }), routeMatch('/a', { host: '*.example' }), routeMatch('/a')],
    [routeMatch('/a', { methods: ['GET'] }), routeMatch('/a', { methods: ['POST'] }), routeMatch('/a')],
    [routeMatch('/a', header('x', '1')), routeMatch('/a', header('x', '2')), routeMatch('/a')],
    [routeMatch('/a', { query: [{ name: 'v', value: '1' }] }), routeMatch('/a', { query: [{ name: 'v', value: '2' }] })],
    [routeMatch('/*.css'), routeMatch('/*.{js,map}')],
    [routeMatch('~^/a[0-9]'), routeMatch('~^/a[5-9]', { priority: 1 })],
    [routeMatch('~^/a[0-9]'), routeMatch('~^/b[0-9]')],
    [routeMatch('~^/a[0-9]', { methods: ['GET'] }), routeMatch('~^/a[5-9]', { methods: ['PUT'] })],
    [routeMatch('~^/a/'), routeMatch('/a/*')],
    [routeMatch('/a', { methods: ['GET'] }), routeMatch('/a', { methods: ['GET', 'POST'], priority: 0, ...header('x', '1') })],
  ];
  for (const [index, routes] of apart.entries()) t.strictSame(conflicts(...routes), [], `${index}`);
});

await t.test('two routes that may take one request and are equally specific need a priority', async (t) => {
  const some = ['1>0 takes some of the same requests as route "r1" (line 1), and neither is more specific: give the one that shall win a higher priority'];
  const tied: readonly (readonly [RouteMatch, RouteMatch])[] = [
    [routeMatch('~^/a[0-9]'), routeMatch('~^/a[a-z]')],
    [routeMatch('~a'), routeMatch('~b')],
    [routeMatch('/a', { methods: ['GET', 'PUT'] }), routeMatch('/a', { methods: ['POST', 'PUT'] })],
    [routeMatch('/a', { methods: ['GET', 'PUT'] }), routeMatch('/a', { methods: ['GET'] })],
    [routeMatch('/a/*', header('x', '1')), routeMatch('/a/*', header('y', '1'))],
    [routeMatch('/*.{css,js}'), routeMatch('/*.{js,map}')],
    [routeMatch('/*.gz'), routeMatch('/*.tar.gz')],
  ];
  for (const [one, other] of tied) t.strictSame(conflicts(one, other), some);
});

await t.test('two routes that take the very same requests are told so', async (t) => {
  const expected = ['1>0 takes the same requests as route "r1" (line 1), and neither is more specific: remove one of them, or make one more specific'];
  t.strictSame(conflicts(routeMatch('/a', { host: 'a.example' }), [routeMatch('/b'), routeMatch('/a', { host: 'a.example' })]), expected);
  t.strictSame(conflicts(routeMatch('/*.{css,js}'), routeMatch('/*.{js,css}')), expected);
  t.strictSame(conflicts(routeMatch('/a'), routeMatch('/a'), routeMatch('/a')).length, 2, 'each once');
  t.strictSame(conflicts([routeMatch('/a'), routeMatch('/a')]), [], 'a route is no conflict with itself');
});

await t.test('a route all of whose requests another takes first is never reached', async (t) => {
  const never = ['1>0 is never reached: route "r1" (line 1) takes all its requests first'];
  const covered: readonly (readonly [RouteMatch, RouteMatch | readonly RouteMatch[]])[] = [
    [routeMatch('/a', { priority: 1 }), routeMatch('/a')],
    [routeMatch('/a', { methods: ['GET', 'POST'], priority: 1 }), routeMatch('/a', { methods: ['HEAD'] })],
    [routeMatch('/a/*', { ...header('x', null), priority: 1 }), routeMatch('/a/*', header('x', '1'))],
    [routeMatch('/*.{css,js}', { priority: 1 }), routeMatch('/*.js')],
    [routeMatch('~^/a[0-9]', { priority: 1 }), routeMatch('~^/a[0-9]')],
    [routeMatch('~^/a'), routeMatch('/a/*', { methods: ['GET'], ...header('x', '1'), priority: 5 })],
    [routeMatch('~^/a/'), [routeMatch('/a/*.css'), routeMatch('/a/*.js')]],
    [routeMatch('~^/.*$'), routeMatch('/*')],
    [routeMatch('~^/a', { priority: 1 }), routeMatch('~^/a[0-9]')],
  ];
  for (const [one, other] of covered) t.strictSame(conflicts(one, other), never);
  t.strictSame(conflicts(routeMatch('/a'), routeMatch('/a', { priority: 1 }))[0]?.slice(0, 22), '0>1 is never reached: ', 'wherever it stands');
});

await t.test('a route that takes something still is reached', async (t) => {
  const reached: readonly (readonly [RouteMatch, RouteMatch | readonly RouteMatch[]])[] = [
    [routeMatch('/a', { priority: 1 }), [routeMatch('/a'), routeMatch('/b')]],
    [routeMatch('/a', { priority: 1, host: 'a.example' }), routeMatch('/a')],
    [routeMatch('/a', { priority: 1, methods: ['GET'] }), routeMatch('/a', { methods: ['GET', 'PUT'] })],
    [routeMatch('/a', { priority: 1, ...header('x', '1') }), routeMatch('/a', header('x', null))],
    [routeMatch('/*.js', { priority: 1 }), routeMatch('/*.{css,js}')],
    [routeMatch('~^/a/'), routeMatch('/a/*')],
    [routeMatch('~^/a$'), routeMatch('/a/*')],
    [routeMatch('~^/a', header('x', '1')), routeMatch('/a/*')],
  ];
  for (const [one, other] of reached) t.strictSame(conflicts(one, other), []);
});

await t.test('a path no request can have is told with the one that was meant', async (t) => {
  t.strictSame(conflicts(routeMatch('/a/%7Eb'), routeMatch('/a//b/*'), routeMatch('/x/../y/*.css'), routeMatch('/'), routeMatch('/*')), [
    '0>null can never match: the canonical form of "/a/%7Eb" is "/a/~b", write that',
    '1>null can never match: the canonical form of "/a//b" is "/a/b", write that',
    '2>null can never match: the canonical form of "/x/../y" is "/y", write that',
  ]);
  t.strictSame(conflicts(routeMatch('/a%2fb'), routeMatch('a'), routeMatch('')), [
    '0>null can never match: requests with the path "/a%2fb" are refused, because it contains the escape %2F',
    '1>null can never match: requests with the path "a" are refused, because it does not begin with a slash',
    '2>null can never match: requests with the path "" are refused, because it does not begin with a slash',
  ]);
  t.strictSame(conflicts(routeMatch('~^api/'), routeMatch('~^/café'), routeMatch('~^/caf%C3%A9'), routeMatch('~café')), [
    '0>null can never match: no canonical path begins with "api/"',
    '1>null can never match: no canonical path begins with "/café"',
  ]);
});

const paths = ['/', '/a', '/a/', '/a/b', '/a/b.css', '/a/b.js', '/b.css', '/a1', '/a1/b'];
const headerLists = [['X', '1'], ['X', '2'], []];
const requests = ['GET', 'HEAD', 'PUT'].flatMap((method) =>
  ['a.b', 'b'].flatMap((host) => paths.flatMap((path) => headerLists.map((headers) => ({ method, host, path, headers })))),
);

/** Which route takes each of the requests. */
function takers(entries: readonly { readonly matches: readonly RouteMatch[]; readonly value: number }[]): (number | null)[] {
  const table = new RouteTable(entries);
  return requests.map(({ method, host, path, headers }) => table.find(method, host, path, '', headers));
}

const anyMatch = fc
  .record({
    path: fc.constantFrom('/a', '/a/*', '/*', '/a/*.css', '/a/*.{css,js}', '~^/a', '~^/a/', '~^/', '~^/a[0-9]'),
    host: fc.constantFrom(null, null, 'a.b'),
    methods: fc.constantFrom(null, null, ['GET'], ['GET', 'PUT'], ['HEAD']),
    headers: fc.constantFrom([], [], [{ name: 'x', value: null }], [{ name: 'x', value: '1' }], [{ name: 'x', value: '2' }]),
    priority: fc.constantFrom(0, 0, 1),
  })
  .map(({ path, ...options }) => routeMatch(path, options));

await t.test('property: what is said never to be reached is not, whatever the request', async (t) => {
  let reported = 0;
  fc.assert(
    fc.property(fc.array(fc.array(anyMatch, { minLength: 1, maxLength: 2 }), { minLength: 2, maxLength: 8 }), (routes) => {
      const unreached = findConflicts(routes.map((matches, index) => routeConfig(index, ...matches))).filter(({ message }) => message.startsWith('is never reached'));
      reported += unreached.length;
      const taken = unreached.length > 0 ? takers(routes.map((matches, value) => ({ matches, value }))) : [];
      return unreached.every(({ routeIndex }) => !taken.includes(routeIndex));
    }),
    { numRuns: 2000 },
  );
  t.ok(reported > 50, `routes are reported: ${reported}`);
});

await t.test('property: a tie is reported where the order of two routes decides a request, and only there', async (t) => {
  let tied = 0;
  fc.assert(
    fc.property(anyMatch, anyMatch, (one, other) => {
      const entries = [one, other].map((match, value) => ({ matches: [match], value }));
      const before = takers(entries);
      const orderDecides = takers(entries.toReversed()).some((value, index) => value !== before[index]);
      if (orderDecides) tied += 1;
      return orderDecides === findConflicts([routeConfig(1, one), routeConfig(2, other)]).some(({ message }) => message.startsWith('takes'));
    }),
    { numRuns: 4000 },
  );
  t.ok(tied > 8, `pairs are tied: ${tied}`);
});

function many(make: (i: number) => RouteMatch): RouteMatch[] {
  return Array.from({ length: 10_000 }, (_, i) => make(i));
}

await t.test('10,000 routes are checked in a moment, whatever they have in common', async (t) => {
  const shapes: Readonly<Record<string, RouteMatch[]>> = {
    paths: many((i) => routeMatch(`/a/${i}/*`)),
    hosts: many((i) => routeMatch('/*', { host: `h${i}.example` })),
    headers: many((i) => routeMatch('/*', header('x-tenant', `${i}`))),
    extensions: many((i) => routeMatch(`/*.e${i}`)),
    regexes: many((i) => routeMatch(`~^/a[0-9]{${i}}`)),
  };
  for (const [name, routes] of Object.entries(shapes)) {
    const startMs = performance.now();
    const found = conflicts(...routes);
    t.ok(performance.now() - startMs < 3000, `${name} ${performance.now() - startMs}`);
    t.equal(found.length, name === 'regexes' ? 9999 : 0, name);
  }
});
