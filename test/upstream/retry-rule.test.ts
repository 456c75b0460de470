import t from 'tap';
import { ERRORS, type ErrorCode } from '../../src/exchange/errors.ts';
import { isIdempotent, isSafeToRepeat, isStale, kindOf, RetryAllowance } from '../../src/upstream/retry-rule.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { RecordingOutcomes } from './recording-outcomes.ts';

await t.test('what is worth another attempt is how the attempt failed, and nothing that the client or we did', async (t) => {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  const kinds: Record<string, string> = Object.fromEntries(codes.filter((code) => kindOf(code) !== 'final').map((code) => [code, kindOf(code)]));
  t.strictSame(kinds, {
    upstream_connect_failed: 'connect', upstream_connect_timeout: 'connect', upstream_tls_failed: 'connect',
    upstream_reset: 'reset', upstream_bad_response: 'reset', upstream_cut: 'reset', upstream_timeout: 'timeout',
  });
});

await t.test('threat: what was sent is sent again only where twice is like once and all of it is in hand', async (t) => {
  const cases: readonly (readonly [method: string, nothingSent: boolean, repeatable: boolean, safe: boolean])[] = [
    ['POST', true, true, true], ['POST', true, false, false], ['POST', false, true, false], ['PATCH', false, true, false], ['LOCK', false, true, false],
    ['GET', false, true, true], ['HEAD', false, true, true], ['OPTIONS', false, true, true], ['DELETE', false, true, true], ['PUT', false, true, true], ['PUT', false, false, false],
  ];
  for (const [method, nothingSent, repeatable, safe] of cases) {
    const { exchange } = sampleExchange({ method });
    t.equal(isSafeToRepeat(exchange, nothingSent, repeatable), safe, `${method} ${nothingSent} ${repeatable}`);
  }
});

await t.test('nothing is repeated behind the head of an answer, nor an upgrade that was sent', async (t) => {
  const { exchange, sink } = sampleExchange();
  sink.headSent = true;
  t.equal(isSafeToRepeat(exchange, true, true), false);
  const upgrade = sampleExchange().exchange;
  upgrade.upgrade = 'websocket';
  t.equal(isIdempotent(upgrade), false);
  t.equal(isSafeToRepeat(upgrade, false, true), false);
});

await t.test('only a connection that was used before can be stale, and only before a byte of the answer', async (t) => {
  const cases = [
    [true, false, 'upstream_reset', true], [false, false, 'upstream_reset', false], [true, true, 'upstream_reset', false],
    [true, false, 'upstream_timeout', false], [true, false, 'upstream_bad_response', false],
  ] as const;
  for (const [reused, answerStarted, code, stale] of cases) t.equal(isStale({ reused, answerStarted }, code), stale);
});

await t.test('a request has as many attempts as the configuration says, for what it says, while the budget lasts', async (t) => {
  const { retry } = upstreamOf('retry: { attempts: 2, on: [connect, 503] }');
  const outcomes = new RecordingOutcomes();
  const allowance = new RetryAllowance(retry, outcomes);
  const covered = (): boolean[] => [
    allowance.covers('connect', 0), allowance.covers('status', 503), allowance.covers('status', 502), allowance.covers('reset', 0), allowance.covers('timeout', 0), allowance.covers('final', 0),
  ];
  t.strictSame(covered(), [true, true, false, false, false, false]);
  outcomes.budget = 1;
  t.equal(allowance.take(), true);
  t.equal(allowance.take(), false, 'the budget is used up, and nothing is taken');
  t.equal(allowance.covers('connect', 0), true);
  outcomes.budget = 1;
  t.equal(allowance.take(), true);
  t.strictSame(covered(), [false, false, false, false, false, false]);
});
