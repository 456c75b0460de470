import t from 'tap';
import { MetricsHub } from '../../../src/observe/metrics/metrics-hub.ts';
import { decision } from '../../../src/observe/metrics/outcome.ts';
import { OTHERS, WorkerMetrics } from '../../../src/observe/metrics/worker-metrics.ts';
import { flat } from './sample-measured.ts';

const BOUNDS = { routesMax: 1, targetsMax: 1 };

function countsOf(metrics: WorkerMetrics, hub = new MetricsHub()): Record<string, number[]> {
  hub.apply(metrics, metrics.snapshot());
  return Object.fromEntries(Object.entries(flat(hub.totals)).filter(([name]) => name.startsWith('sluice_policy_decisions_total ')).map(([name, count]) => [name.slice(30), count]));
}

await t.test('policies are built before their routes are known, and count all the same', async (t) => {
  const metrics = new WorkerMetrics();
  const [first, second] = [metrics.outcomesOf('a'), metrics.outcomesOf('b')];
  metrics.useRoutes(['a', 'b'], BOUNDS);
  for (const outcomes of [first, second, first]) outcomes.count(decision('ip', 'refused'));
  t.strictSame(countsOf(metrics), { 'a|ip|refused': [2], [`${OTHERS}|ip|refused`]: [1] }, 'beyond the bound they are together');
});

await t.test('two generations of a route count into one series', async (t) => {
  const metrics = new WorkerMetrics();
  const hub = new MetricsHub();
  const old = metrics.outcomesOf('a');
  metrics.useRoutes(['a'], BOUNDS);
  old.count(decision('ip', 'refused'));
  const next = metrics.outcomesOf('a');
  metrics.useRoutes(['a'], BOUNDS);
  for (const outcomes of [old, next]) outcomes.count(decision('ip', 'refused'));
  t.strictSame(countsOf(metrics, hub), { 'a|ip|refused': [3] });
});
