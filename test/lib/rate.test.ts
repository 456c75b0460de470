import t from 'tap';
import { parseRate } from '../../src/lib/rate.ts';

await t.test('a rate is a number of requests in a period, all of which may come at once', (t) => {
  t.strictSame(parseRate('10/min'), { requests: 10, periodMs: 60_000, burst: 9 });
  const periods = ['1/s', '1/sec', '1/second', '1/min', '1/minute', '1/h', '1/hour', '1/d', '1/day', '1/30s', '1/15m', '1/1h30m'].map((text) => parseRate(text).periodMs / 1000);
  t.strictSame(periods, [1, 1, 1, 60, 60, 3600, 3600, 86_400, 86_400, 30, 900, 5400]);
  t.equal(parseRate('1000000/s').requests, 1_000_000);
  t.end();
});

await t.test('everything else is refused', (t) => {
  for (const text of ['', '10', '/min', '10/', '0/min', '-1/min', '1.5/s', '10r/m', '10/m', '10/week', '10/500ms', '10/0s', '10/25d', '10 /min', '10/MIN', '99999999/s', '1/constructor']) {
    t.throws(() => parseRate(text), RangeError, text);
  }
  t.end();
});
