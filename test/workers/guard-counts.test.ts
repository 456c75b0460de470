import t from 'tap';
import { ERRORS, type ErrorCode } from '../../src/exchange/errors.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { timeBucket } from '../../src/lib/time-scale.ts';
import { GuardCounts } from '../../src/workers/guard-counts.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';

const OWNER = { number: 7, onUnread: () => undefined, onExchangeEnd: () => undefined };
const OTHER = { ...OWNER, number: 6 };

function counting(): { readonly counts: GuardCounts; readonly clock: ManualClock; readonly begin: (route: string, owner?: typeof OWNER) => Exchange } {
  const clock = new ManualClock();
  const counts = new GuardCounts(OWNER, clock);
  return {
    counts, clock,
    begin: (route, owner = OWNER) => {
      const { exchange } = sampleExchange();
      exchange.owner = owner;
      exchange.routeId = route;
      counts.begin(exchange);
      return exchange;
    },
  };
}

await t.test('only requests that began in the generation count', async (t) => {
  const { counts, begin } = counting();
  counts.end(begin('a'));
  counts.end(begin('a', OTHER));
  t.match(counts.take(true), { generation: 7, ended: [{ route: 'a', requests: 1 }] });
});

await t.test('what the gateway or the way to the upstream fails at is an error; a mistake of the client, or an answer of the app, is none', async (t) => {
  const { counts, begin } = counting();
  const wrong: string[] = [];
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const exchange = begin(code);
    exchange.errorCode = code;
    counts.end(exchange);
  }
  const own = begin('app');
  own.status = 500;
  counts.end(own);
  for (const { route, codes } of counts.take(true).ended) {
    const kind = route === 'app' ? null : ERRORS[route as ErrorCode];
    const isError = kind !== null && kind.status >= 500;
    if ((codes.get(route) ?? 0) !== Number(isError)) wrong.push(route);
  }
  t.strictSame(wrong, []);
});

await t.test('the time to the first byte counts, or the whole where there was none', async (t) => {
  const { counts, begin } = counting();
  counts.end(Object.assign(begin('stream'), { headMs: 12, totalMs: 60_000 }));
  counts.end(Object.assign(begin('cut'), { headMs: -1, totalMs: 5000 }));
  const [stream, cut] = counts.take(true).ended;
  t.equal(stream?.times[timeBucket(12)], 1);
  t.equal(cut?.times[timeBucket(5000)], 1);
});

await t.test('each snapshot holds what came since the one before', async (t) => {
  const { counts, begin } = counting();
  counts.end(begin('a'));
  t.equal(counts.take(true).ended.length, 1);
  t.strictSame(counts.take(true).ended, []);
  counts.end(begin('a'));
  t.match(counts.take(true).ended, [{ requests: 1 }]);
});

await t.test('requests without an answer are told with their age while the generation is on trial, and not remembered after', async (t) => {
  const { counts, clock, begin } = counting();
  const answered = begin('a');
  begin('a');
  begin('b');
  answered.headMs = 3;
  clock.advance(2000);
  const { open } = counts.take(true);
  t.strictSame(open.map(({ route, times }) => [route, times[timeBucket(2000)]]), [['a', 1], ['b', 1]]);
  t.strictSame(counts.take(false).open, []);
  begin('c');
  t.strictSame(counts.take(true).open, [], 'the trial is over');
});
