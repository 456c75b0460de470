import t from 'tap';
import type { KeyedLimits, NamedWindow } from '../../../src/config/policies/rate-limit.ts';
import type { Identity } from '../../../src/exchange/identity.ts';
import { Limiter } from '../../../src/policy/rate-limit/limiter.ts';
import { sampleExchange } from '../../helpers/sample-exchange.ts';

const TEN: NamedWindow = { name: '10/min', requests: 10, periodMs: 60_000, burst: 9 };

function keyed(of: KeyedLimits['key']['of'], name = '', ...windows: readonly NamedWindow[]): KeyedLimits {
  return { key: { of, name }, windows: windows.length === 0 ? [TEN] : windows };
}

function keyOf(limits: KeyedLimits, routeId = 'r', zone: string | null = null, identity: Identity | null = null): string {
  const { exchange } = sampleExchange();
  Object.assign(exchange, { clientAddress: '192.0.2.1', identity });
  return new Limiter(limits, routeId, zone).questionOf(exchange).key;
}

await t.test('what is counted together has the same route, key and limits: so it lasts over a reload that changes none of them', (t) => {
  const one = keyOf(keyed('address'));
  t.equal(keyOf(keyed('address', '', { ...TEN, name: 'another name' })), one);
  t.not(keyOf(keyed('address'), 'other'), one);
  t.not(keyOf(keyed('address', '', { ...TEN, burst: 8 })), one);
  t.not(keyOf(keyed('address', '', TEN, TEN)), one);
  t.not(keyOf(keyed('header', 'x-a')), keyOf(keyed('header', 'x-b')));
  t.ok(one.length < 40, one);
  t.end();
});

await t.test('global counts all routes with the same limits together, a zone those that name it', (t) => {
  t.equal(keyOf(keyed('global'), 'a'), keyOf(keyed('global'), 'b'));
  t.not(keyOf(keyed('global'), 'a'), keyOf(keyed('global', '', { ...TEN, burst: 1 }), 'b'));
  t.equal(keyOf(keyed('address'), 'a', 'login'), keyOf(keyed('address'), 'b', 'login'));
  t.equal(keyOf(keyed('route'), 'a', 'login'), keyOf(keyed('route'), 'b', 'login'));
  t.not(keyOf(keyed('address'), 'a', 'login'), keyOf(keyed('address'), 'a'));
  t.not(keyOf(keyed('address'), 'a', 'login'), keyOf(keyed('address'), 'a', 'other'));
  t.not(keyOf(keyed('address'), 'login'), keyOf(keyed('address'), 'a', 'login'), 'a route may be called as a zone is');
  t.end();
});

await t.test('an API key may have limits of its own', (t) => {
  const limits = [{ requests: 100, periodMs: 60_000, burst: 99 }, { requests: 7, periodMs: 900_000, burst: 6 }];
  const identity: Identity = { kind: 'apiKey', name: 'ci', roles: [], claims: {}, limits };
  const { exchange } = sampleExchange();
  Object.assign(exchange, { clientAddress: '192.0.2.1', identity });
  const limiter = new Limiter(keyed('apiKey'), 'r', null);
  const question = limiter.questionOf(exchange);
  t.equal(question.policyField, '"100/min";q=100;w=60, "7/900s";q=7;w=900');
  t.equal(limiter.questionOf(exchange).windows, question.windows, 'made once');
  exchange.identity = { ...identity, limits: null };
  t.not(limiter.questionOf(exchange).key, question.key);
  t.strictSame(limiter.questionOf(exchange).windows, [TEN]);
  exchange.identity = { ...identity, limits: Array.from({ length: 50 }, () => TEN) };
  t.equal(limiter.questionOf(exchange).windows.length, 6, 'no more than there is room for');
  exchange.identity = { ...identity, kind: 'jwt' };
  t.strictSame(limiter.questionOf(exchange).windows, [TEN]);
  exchange.identity = identity;
  t.strictSame(new Limiter(keyed('address'), 'r', null).questionOf(exchange).windows, [TEN], 'only where API keys are counted');
  t.end();
});

await t.test('a text asks for all that may be counted under it, with the limits of API keys of that name', (t) => {
  const limiter = new Limiter(keyed('apiKey'), 'r', null);
  const { exchange } = sampleExchange();
  const limits = [{ requests: 100, periodMs: 60_000, burst: 99 }];
  const identity: Identity = { kind: 'apiKey', name: 'ci', roles: [], claims: {} };
  const asked = limiter.questionsOfText('ci', [limits]);
  for (const own of [null, limits]) {
    exchange.identity = { ...identity, limits: own };
    const { key, windows } = limiter.questionOf(exchange);
    t.match(asked.find((question) => question.key === key), { windows });
  }
  t.strictSame([new Limiter(keyed('global'), 'r', null).scope, new Limiter(keyed('route'), 'r', 'z').scope, limiter.scope], ['global', 'z', 'r']);
  t.end();
});
