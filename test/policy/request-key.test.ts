import t from 'tap';
import { parseRequestKey } from '../../src/config/request-key.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import type { Identity } from '../../src/exchange/identity.ts';
import { keysOfText, needsIdentity, requestKeyOf } from '../../src/policy/request-key.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

function keyOf(text: string, change: Partial<Exchange> = {}, headers: readonly string[] = []): string {
  const { exchange } = sampleExchange({ headers });
  return requestKeyOf(parseRequestKey(text), 'shop')(Object.assign(exchange, { clientAddress: '192.0.2.1', ...change }));
}

function identity(change: Partial<Identity>): Pick<Exchange, 'identity'> {
  return { identity: { kind: 'jwt', name: '', roles: [], claims: {}, ...change } };
}

await t.test('an IPv4 address counts whole, an IPv6 one by its /64', async (t) => {
  t.equal(keyOf('address'), 'a:192.0.2.1');
  t.equal(keyOf('address', { clientAddress: '2001:db8::1' }), keyOf('address', { clientAddress: '2001:db8::ffff:2' }));
  t.not(keyOf('address', { clientAddress: '2001:db8::1' }), keyOf('address', { clientAddress: '2001:db8:0:1::1' }));
});

await t.test('route is the route, global everybody', async (t) => {
  t.equal(keyOf('route'), 'r:shop');
  t.equal(keyOf('global', { clientAddress: '192.0.2.9' }), keyOf('global'));
});

await t.test('who the client is: the name of its key, its name of any kind, a claim', async (t) => {
  t.equal(keyOf('apiKey', identity({ kind: 'apiKey', name: 'mobile' })), 'k:mobile');
  t.equal(keyOf('apiKey', identity({ kind: 'jwt', name: 'mobile' })), 'a:192.0.2.1', 'a token is no API key');
  t.not(keyOf('user', identity({ kind: 'basic', name: 'ann' })), keyOf('user', identity({ kind: 'jwt', name: 'ann' })), 'names of two sources are not one client');
  t.equal(keyOf('jwt:sub', identity({ claims: { sub: 'ann' } })), 'j:ann');
  t.equal(keyOf('jwt:org.id', identity({ claims: { org: { id: 7 } } })), 'j:7');
  t.equal(keyOf('jwt:org.id', identity({ claims: { 'org.id': 'x', org: { id: 7 } } })), 'j:x', 'the whole name comes first');
  for (const claims of [{}, { org: null }, { org: [1] }, { org: { id: { a: 1 } } }]) t.equal(keyOf('jwt:org.id', identity({ claims })), 'a:192.0.2.1');
  t.equal(keyOf('jwt:constructor.name', identity({ claims: {} })), 'a:192.0.2.1', 'what an object inherits is no claim');
});

await t.test('values of the request', async (t) => {
  t.equal(keyOf('header:X-Tenant', {}, ['x-tenant', 'a']), 'v:a');
  t.equal(keyOf('query:tenant', { query: '?tenant=a%20b' }), 'v:a b');
  t.equal(keyOf('cookie:sid', {}, ['Cookie', 'sid=s1']), keyOf('cookie:sid', {}, ['cookie', 'x=1; sid=s1']));
});

await t.test('a request without the value counts for its address', async (t) => {
  for (const text of ['header:X-Tenant', 'cookie:sid', 'query:tenant', 'user', 'apiKey', 'jwt:sub']) t.equal(keyOf(text), 'a:192.0.2.1', text);
  t.equal(keyOf('user', identity({ name: '' })), 'a:192.0.2.1', 'and so does somebody without a name');
});

await t.test('threat: a header that says an address does not count for that address', async (t) => {
  t.not(keyOf('header:X-Tenant', {}, ['X-Tenant', '192.0.2.1']), keyOf('header:X-Tenant'));
  t.not(keyOf('header:X-Tenant', {}, ['X-Tenant', 'a:192.0.2.1']), keyOf('header:X-Tenant'));
});

await t.test('threat: a long value becomes a short key, still its own', async (t) => {
  const long = keyOf('header:X-Tenant', {}, ['X-Tenant', 'x'.repeat(8000)]);
  t.ok(long.length < 64);
  t.not(long, keyOf('header:X-Tenant', {}, ['X-Tenant', 'x'.repeat(8001)]));
  t.ok(keyOf('user', identity({ name: 'x'.repeat(900) })).length < 64);
});

await t.test('threat: no secret stands in a key', async (t) => {
  const secret = 'hunter2';
  const keys = [
    keyOf('header:Authorization', {}, ['Authorization', secret]), keyOf('header:X-Api-Key', {}, ['X-Api-Key', secret]), keyOf('header:Cookie', {}, ['Cookie', secret]),
    keyOf('cookie:sid', {}, ['Cookie', `sid=${secret}`]), keyOf('query:access_token', { query: `?access_token=${secret}` }),
    keyOf('query:k', { secretQuery: new Map([['k', secret]]) }),
  ];
  for (const key of keys) t.match(key, /^h:(?!.*hunter2)/);
});

await t.test('only the keys of a client that is known wait for authentication', async (t) => {
  t.strictSame(['apiKey', 'user', 'jwt:sub'].map((text) => needsIdentity(parseRequestKey(text))), [true, true, true]);
  t.strictSame(['address', 'route', 'global', 'header:a', 'cookie:a', 'query:a'].map((text) => needsIdentity(parseRequestKey(text))), [false, false, false, false, false, false]);
});

await t.test('whatever a request is counted by is found again by the text that people know it by', async (t) => {
  const long = 'x'.repeat(900);
  const cases: readonly (readonly [key: string, text: string, change?: Partial<Exchange>, headers?: readonly string[]])[] = [
    ['address', '192.0.2.1'], ['address', '::ffff:192.0.2.1'], ['apiKey', '192.0.2.1'],
    ['address', '2001:db8::5', { clientAddress: '2001:db8::1' }], ['address', '2001:db8::/64', { clientAddress: '2001:db8::1' }],
    ['route', 'shop'], ['global', 'global'],
    ['apiKey', 'mobile', identity({ kind: 'apiKey', name: 'mobile' })], ['jwt:sub', 'ann', identity({ claims: { sub: 'ann' } })],
    ...(['jwt', 'apiKey', 'basic', 'forwardAuth'] as const).map((kind) => ['user', 'ann', identity({ kind, name: 'ann' })] as const),
    ['user', long, identity({ name: long })],
    ['header:X-Tenant', 'a', {}, ['X-Tenant', 'a']], ['header:X-Tenant', long, {}, ['X-Tenant', long]], ['header:Authorization', 'Bearer x', {}, ['Authorization', 'Bearer x']],
    ['cookie:sid', 's1', {}, ['Cookie', 'sid=s1']], ['query:tenant', 'a b', { query: '?tenant=a%20b' }], ['query:k', 's', { secretQuery: new Map([['k', 's']]) }],
  ];
  const missed = cases.filter(([key, text, change, headers]) => !keysOfText(parseRequestKey(key), 'shop', text).includes(keyOf(key, change, headers)));
  t.strictSame(missed.map(([key, text]) => `${key} by ${text}`), []);
  t.strictSame(keysOfText(parseRequestKey('route'), 'shop', 'other'), []);
  t.strictSame(keysOfText(parseRequestKey('address'), 'shop', 'mobile'), []);
});
