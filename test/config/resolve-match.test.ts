import t from 'tap';
import type { RouteMatch } from '../../src/config/route-match.ts';
import { checkBroken, configOf } from '../helpers/config-text.ts';

function matches(text: string): readonly RouteMatch[] {
  return configOf(`routes: [{ ${text}, respond: {} }]`).routes[0]?.matches ?? [];
}

await t.test('a route without conditions matches every request', async (t) => {
  t.strictSame(matches('https: both'), [{ host: null, path: { kind: 'prefix', prefix: '' }, methods: null, headers: [], query: [], priority: 0 }]);
});

await t.test('hosts and paths combine', async (t) => {
  const combined = matches('host: [A.com, "*.b.com", a.com], path: [/x, /y/*]').map(({ host, path }) => `${host} ${path.kind}`);
  t.strictSame(combined, ['a.com exact', 'a.com prefix', '*.b.com exact', '*.b.com prefix']);
});

await t.test('GET allows HEAD as well', async (t) => {
  t.strictSame(matches('methods: [GET, POST]')[0]?.methods, ['GET', 'POST', 'HEAD']);
  t.strictSame(matches('methods: [POST]')[0]?.methods, ['POST']);
});

await t.test('conditions on headers and query are values or presence', async (t) => {
  const [match] = matches('match: { headers: { X-Version: "2", X-Debug: true }, query: { Preview: true, v: "2" } }, priority: -3');
  t.strictSame(match?.headers, [{ name: 'x-version', value: '2' }, { name: 'x-debug', value: null }]);
  t.strictSame(match?.query, [{ name: 'Preview', value: null }, { name: 'v', value: '2' }]);
  t.equal(match?.priority, -3);
});

await t.test('a header given twice in different case is an error', async (t) => {
  checkBroken(t, [['routes: [{ match: { headers: { X-A: a, »x-a: b } }, respond: {} }]', 'given twice', 'case']]);
});
