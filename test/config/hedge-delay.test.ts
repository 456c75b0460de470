import t from 'tap';
import { parseHedgeDelay } from '../../src/config/hedge-delay.ts';

await t.test('a hedge waits for a time, or for a share of requests to be answered', async (t) => {
  t.strictSame(parseHedgeDelay('200ms'), { afterMs: 200, percentile: 0 });
  t.strictSame(parseHedgeDelay('p95'), { afterMs: null, percentile: 0.95 });
  t.strictSame(parseHedgeDelay('p50'), { afterMs: null, percentile: 0.5 });
  t.match(parseHedgeDelay('p99.9'), { afterMs: null, percentile: 0.999 });
});

await t.test('a percentile that would double most requests, or is none, is refused', async (t) => {
  for (const text of ['p49', 'p5', 'p0', 'p100', 'p', 'p95%', 'p99.999', 'P95x']) t.throws(() => parseHedgeDelay(text), { name: 'RangeError' }, text);
  t.throws(() => parseHedgeDelay('p10'), /from p50 to p99.99/);
  t.throws(() => parseHedgeDelay('off'), /leave `hedge` out/);
  t.throws(() => parseHedgeDelay('200'), /`200ms`/);
});
