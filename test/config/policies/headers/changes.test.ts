import t from 'tap';
import type { HeaderChanges } from '../../../../src/config/policies/headers/changes.ts';
import { checkBroken } from '../../../helpers/config-text.ts';
import { settingsOf } from '../../../helpers/policies.ts';

/** What a route says in the end, with `defaults` below it. */
function joined(below: string, above: string): HeaderChanges | undefined {
  return settingsOf(`headers: { response: ${above} }`, `defaults: { headers: { response: ${below} } }`).headers?.response;
}

function route(headers: string): string {
  return `routes: [{ respond: {}, headers: { ${headers} } }]`;
}

await t.test('threat: one header of a route does not make those of defaults go away, as nginx does with add_header', async (t) => {
  t.strictSame(joined('{ set: { X-A: a, X-B: b }, add: { Link: "</a>" }, remove: [X-D] }', '{ set: { X-C: c }, add: { Set-Cookie: [a=1, b=2] }, remove: X-E }'), {
    set: [['X-A', 'a'], ['X-B', 'b'], ['X-C', 'c']],
    add: [['Link', '</a>'], ['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2']],
    remove: ['x-e', 'x-d'],
  });
});

await t.test('the more specific place counts, in whatever case and section it speaks of a header', async (t) => {
  const cases: readonly (readonly [below: string, above: string, expected: object])[] = [
    ['{ set: { X-A: below } }', '{ set: { x-a: above } }', { set: [['x-a', 'above']], add: [], remove: [] }],
    ['{ set: { X-A: below } }', '{ remove: x-a }', { set: [], add: [], remove: ['x-a'] }],
    ['{ remove: [X-A, X-B] }', '{ set: { x-a: above } }', { set: [['x-a', 'above']], add: [], remove: ['x-b'] }],
    ['{ remove: X-A }', '{ set: { x-a: above } }', { set: [['x-a', 'above']], add: [], remove: [] }],
    ['{ add: { X-A: below } }', '{ set: { X-A: above } }', { set: [['X-A', 'above']], add: [], remove: [] }],
    ['{ add: { X-A: below } }', '{ add: { x-a: above } }', { set: [], add: [['x-a', 'above']], remove: [] }],
    ['{ set: { X-A: below } }', '{ add: { X-A: above } }', { set: [['X-A', 'below']], add: [['X-A', 'above']], remove: [] }],
    ['{ set: { X-A: below }, remove: X-B }', '{ set: { x-a: false } }', { set: [], add: [], remove: ['x-b'] }],
    ['{ add: { X-A: below } }', '{ add: { X-A: false } }', { set: [], add: [], remove: [] }],
    ['{ add: { X-A: below } }', '{ set: { X-A: false } }', { set: [], add: [['X-A', 'below']], remove: [] }],
  ];
  for (const [below, above, expected] of cases) t.strictSame(joined(below, above), expected, `${below} and ${above}`);
});

await t.test('sets lie between defaults and the route', async (t) => {
  const { headers } = settingsOf('use: [a, b], headers: { request: { remove: Accept-Encoding } }', `
defaults: { headers: { request: { set: { X-Of: defaults, X-A: defaults } } } }
policies: { a: { headers: { request: { set: { x-a: a, X-B: a } } } }, b: { headers: { request: { set: { X-B: b } } } } }`);
  t.strictSame(headers?.request, { set: [['X-Of', 'defaults'], ['x-a', 'a'], ['X-B', 'b']], add: [], remove: ['accept-encoding'] });
});

await t.test('a place that contradicts itself, or names what is not its own, is told so', async (t) => {
  checkBroken(t, [
    [route('response: { set: { X-A: "1" }, remove: »x-a }'), 'both set and removed'],
    [route('response: { set: { X-A: "1" }, remove: [X-B, »x-a] }'), 'both set and removed'],
    [route('response: { set: { X-A: "1", »x-a: "2" } }'), 'in another case'],
    [route('response: { set: { »Transfer-Encoding: chunked } }'), 'set by the gateway itself'],
    [route('response: { set: { X-A: »"a\\r\\nX-B: b" } }'), 'line break'],
    [route('response: { set: { X-A: »1 } }'), 'in quotes'],
    [route('response: { remove: [»"a b"] }'), 'not a header name'],
    [route('request: { set: { »X-Forwarded-For: 192.0.2.1 } }'), 'trustedProxies'],
    [route('request: { remove: »Host }'), 'hostHeader'],
    [route('request: { »drop: [X-A] }'), 'Allowed here: set, add, remove'],
  ]);
});
