import t from 'tap';
import { LatencyQuantile } from '../../src/lib/latency-quantile.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';

await t.test('with too few durations nothing is known yet', async (t) => {
  const quantile = new LatencyQuantile(0.5, 20);
  for (let i = 1; i < 20; i++) quantile.add(i);
  t.equal(quantile.value, Infinity);
  quantile.add(20);
  t.equal(quantile.value, 11, 'half of 20 are below');
});

await t.test('the last 256 count, and the value is never older than 32 of them', async (t) => {
  const quantile = new LatencyQuantile(0.95, 20);
  for (let i = 0; i < 300; i++) quantile.add(10);
  t.equal(quantile.value, 10);
  for (let i = 0; i < 13 + 32; i++) quantile.add(1000);
  t.equal(quantile.value, 1000, '13 of 256 are more than a twentieth');
  for (let i = 0; i < 256 + 32; i++) quantile.add(5);
  t.equal(quantile.value, 5, 'what is older is forgotten');
});

await t.test('it is the quantile of a sorted list', async (t) => {
  const random = new SeededRandom(3);
  const durations = Array.from({ length: 20 + 8 * 32 }, () => random.integer(10_000));
  for (const share of [0.5, 0.9, 0.95, 0.99, 0.9999]) {
    const quantile = new LatencyQuantile(share, 20);
    for (const ms of durations) quantile.add(ms);
    t.equal(quantile.value, durations.slice(-256).toSorted((a, b) => a - b)[Math.min(255, Math.floor(256 * share))], `p${share * 100}`);
  }
});
