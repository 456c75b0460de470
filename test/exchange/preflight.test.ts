import t from 'tap';
import { preflightMethod, wholeValue } from '../../src/exchange/preflight.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

function methodOf(method: string, ...headers: readonly string[]): string {
  return preflightMethod(sampleExchange({ method, headers: ['Host', 'a.test', ...headers] }).exchange);
}

await t.test('a preflight is an OPTIONS with an origin that asks for a method', async (t) => {
  const asking = ['origin', 'https://a.test', 'ACCESS-CONTROL-REQUEST-METHOD', 'PUT'];
  t.equal(methodOf('OPTIONS', ...asking), 'PUT');
  t.equal(methodOf('GET', ...asking), '');
  t.equal(methodOf('OPTIONS', ...asking.slice(0, 2)), '');
  t.equal(methodOf('OPTIONS', ...asking.slice(2)), '');
});

await t.test('several lines are one value', async (t) => {
  t.equal(wholeValue(['Origin', 'a', 'X', 'y', 'origin', 'b'], 'origin'), 'a, b');
  t.equal(wholeValue(['Origins', 'a'], 'origin'), '');
});
