import t from 'tap';
import { DURATION_BOUNDS_S } from '../../../src/observe/metrics/buckets.ts';
import { WORKER_METRICS } from '../../../src/observe/metrics/catalogue.ts';
import { HistogramSeries, Series, widthOf } from '../../../src/observe/metrics/series.ts';
import type { Exemplar } from '../../../src/observe/metrics/snapshot.ts';

await t.test('a histogram has a number for each bucket, one for what is above, and the sum', async (t) => {
  t.equal(widthOf(WORKER_METRICS.duration), DURATION_BOUNDS_S.length + 2);
  t.equal(widthOf(WORKER_METRICS.gc), 2);
  t.equal(widthOf(WORKER_METRICS.requests), 1);
  const series = new HistogramSeries('duration', ['a'], 0);
  t.strictSame([series.observe(0.0005), series.observe(0.002), series.observe(100)], [0, 1, DURATION_BOUNDS_S.length]);
  t.strictSame([series.values[0], series.values[1], series.values.at(-2), series.values.at(-1)], [1, 1, 1, 100.0025]);
});

await t.test('a gauge that is set to what it is has not changed', async (t) => {
  const series = new Series('inFlight', [], 0);
  series.set(0);
  t.equal(series.isChanged, false);
  series.set(3);
  t.equal(series.isChanged, true);
});

await t.test('of many requests in a bucket one is remembered, and the next after it was taken', async (t) => {
  const series = new HistogramSeries('duration', ['a'], 7);
  const take = (): Exemplar[] => {
    const taken: Exemplar[] = [];
    series.takeExemplars(taken);
    return taken;
  };
  for (const id of ['one', 'two']) series.remember(3, id, 0.01, 5);
  series.remember(0, 'three', 0.001, 6);
  t.strictSame(take(), [{ series: 7, bucket: 0, traceId: 'three', value: 0.001, atMs: 6 }, { series: 7, bucket: 3, traceId: 'one', value: 0.01, atMs: 5 }]);
  t.strictSame(take(), []);
  series.remember(3, 'four', 0.01, 9);
  t.match(take(), [{ traceId: 'four' }]);
});
