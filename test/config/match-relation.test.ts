import t from 'tap';
import { covers, mayMeet } from '../../src/config/match-relation.ts';
import { routeMatch } from '../helpers/route-match.ts';

await t.test('patterns of the same kind and beginning may meet, unless their endings cannot', async (t) => {
  const cases: readonly (readonly [a: string, b: string, meet: boolean])[] = [
    ['/a', '/a', true], ['/a', '/b', false], ['/a/*', '/a/*', true], ['/a/*', '/b/*', false],
    ['/a/*.css', '/a/*.css', true], ['/a/*.css', '/a/*.js', false], ['/a/*.gz', '/a/*.{js,tar.gz}', true], ['/a/*.css', '/b/*.css', false],
    ['~^/a[0-9]', '~^/a[a-z]', true], ['~^/a[0-9]', '~^/b[0-9]', false],
  ];
  for (const [a, b, meet] of cases) t.equal(mayMeet(routeMatch(a), routeMatch(b)), meet, `${a} and ${b}`);
});

await t.test('methods and conditions that exclude each other keep matches apart', async (t) => {
  const get = routeMatch('/a', { methods: ['GET'] });
  t.equal(mayMeet(get, routeMatch('/a', { methods: ['POST'] })), false);
  t.equal(mayMeet(get, routeMatch('/a', { methods: ['POST', 'HEAD'] })), true, 'HEAD comes with GET');
  t.equal(mayMeet(get, routeMatch('/a')), true);
  const one = routeMatch('/a', { headers: [{ name: 'x', value: '1' }], query: [{ name: 'q', value: null }] });
  t.equal(mayMeet(one, routeMatch('/a', { headers: [{ name: 'x', value: '2' }] })), false);
  t.equal(mayMeet(one, routeMatch('/a', { headers: [{ name: 'x', value: null }] })), true);
  t.equal(mayMeet(one, routeMatch('/a', { headers: [{ name: 'y', value: '2' }], query: [{ name: 'q', value: '1' }] })), true);
  t.equal(mayMeet(routeMatch('/a', { query: [{ name: 'q', value: '1' }] }), routeMatch('/a', { query: [{ name: 'q', value: '2' }] })), false);
});

await t.test('a pattern covers another where every path of that one is its own', async (t) => {
  const cases: readonly (readonly [a: string, b: string, covers: boolean])[] = [
    ['/a', '/a', true], ['/a/*', '/a', false], ['/a/*', '/a/*', true],
    ['/a/*.{css,js}', '/a/*.css', true], ['/a/*.css', '/a/*.{css,js}', false], ['/a/*.gz', '/a/*.tar.gz', true], ['/a/*.tar.gz', '/a/*.gz', false],
    ['~^/a', '/a/*', true], ['~^/a/', '/a/*', false], ['~^/a/', '/a/*.css', true], ['~^/', '/*', true], ['~^/.*', '/*.css', true], ['~', '/*', true], ['~^/a$', '/a/*', false],
    ['~^/a[0-9]', '~^/a[0-9]', true], ['~^/a', '~^/a[0-9]', true], ['~^/a[0-9]', '~^/a1', false], ['~^/a', '~a', false], ['~^/a', '/a', false],
  ];
  for (const [a, b, covered] of cases) t.equal(covers(routeMatch(a), routeMatch(b)), covered, `${a} over ${b}`);
});

await t.test('methods and conditions have to be covered too', async (t) => {
  const header = { name: 'x', value: '1' };
  t.equal(covers(routeMatch('/a', { methods: ['GET'] }), routeMatch('/a', { methods: ['HEAD'] })), true);
  t.equal(covers(routeMatch('/a', { methods: ['HEAD'] }), routeMatch('/a', { methods: ['GET'] })), false);
  t.equal(covers(routeMatch('/a', { methods: ['GET'] }), routeMatch('/a')), false);
  t.equal(covers(routeMatch('/a'), routeMatch('/a', { headers: [header], query: [header] })), true);
  t.equal(covers(routeMatch('/a', { headers: [header] }), routeMatch('/a')), false);
  t.equal(covers(routeMatch('/a', { headers: [{ name: 'x', value: null }] }), routeMatch('/a', { headers: [header] })), true);
  t.equal(covers(routeMatch('/a', { query: [header] }), routeMatch('/a', { query: [{ name: 'x', value: null }] })), false);
});
