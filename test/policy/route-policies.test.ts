import t from 'tap';
import { WorkerMetrics } from '../../src/observe/metrics/worker-metrics.ts';
import type { Chain } from '../../src/policy/chain.ts';
import { RoutePolicies } from '../../src/policy/route-policies.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

const CHAIN: Chain = {
  requestPhases: [], shaper: () => undefined, errorPages: null, withholds: ['x-key'], identityHeaders: ['x-user'], secretParameters: ['token'],
  outcomes: new WorkerMetrics().outcomesOf('r'),
};

await t.test('answers are shaped, and decisions counted, from the beginning on', async (t) => {
  const { exchange } = sampleExchange();
  new RoutePolicies(CHAIN, [], []).begin(exchange);
  t.strictSame([exchange.shaper, exchange.outcomes], [CHAIN.shaper, CHAIN.outcomes]);
});

await t.test('threat: what one route believes of a header, no client may say on another one', async (t) => {
  const { exchange } = sampleExchange();
  new RoutePolicies({ ...CHAIN, withholds: [] }, ['x-user'], []).begin(exchange);
  t.strictSame(['X_User', 'x-key'].map((name) => exchange.withheld?.has(name)), [true, false]);
  new RoutePolicies({ ...CHAIN, withholds: [] }, [], []).begin(exchange);
  t.equal(exchange.withheld, null);
});

await t.test('secrets leave the query before anything is written down', async (t) => {
  const { exchange } = sampleExchange();
  exchange.query = '?a=1&token=secret';
  new RoutePolicies(CHAIN, [], []).hideSecrets(exchange);
  t.strictSame([exchange.query, exchange.secretQuery?.get('token')], ['?a=1', 'secret']);
});

await t.test('threat: a page that was asked for with a secret does not write it into the log of what it loads', async (t) => {
  const { exchange } = sampleExchange({ headers: ['Referer', 'https://a.test/page?a=1&token=secret'] });
  new RoutePolicies(CHAIN, [], []).hideSecrets(exchange);
  t.equal(exchange.referer, 'https://a.test/page?a=1');
});

await t.test('threat: nor where what it loads belongs to a route that knows of no secret', async (t) => {
  const { exchange } = sampleExchange({ headers: ['Referer', 'https://a.test/page?a=1&token=secret'] });
  exchange.query = '?token=a';
  new RoutePolicies({ ...CHAIN, secretParameters: [] }, [], ['token']).hideSecrets(exchange);
  t.equal(exchange.referer, 'https://a.test/page?a=1');
  t.strictSame([exchange.query, exchange.secretQuery], ['?token=a', null], 'its own parameter of that name is no secret');
});
