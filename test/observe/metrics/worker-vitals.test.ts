import t from 'tap';
import { MetricsHub } from '../../../src/observe/metrics/metrics-hub.ts';
import { WorkerMetrics } from '../../../src/observe/metrics/worker-metrics.ts';
import { WorkerVitals } from '../../../src/observe/metrics/worker-vitals.ts';
import { eventually } from '../../helpers/wait-for.ts';
import { flat } from './sample-measured.ts';

await t.test('a thread tells of its heap, its event loop and its garbage', async (t) => {
  const metrics = new WorkerMetrics();
  const vitals = new WorkerVitals(metrics, 3);
  t.teardown(() => vitals.close());
  const hub = new MetricsHub();
  const told = (): Record<string, number[]> => {
    vitals.measure();
    hub.apply(metrics, metrics.snapshot());
    return flat(hub.totals);
  };
  let garbage: object[] = [];
  await eventually(() => {
    garbage = Array.from({ length: 100_000 }, (_, index) => ({ index }));
    return (told()['sluice_worker_gc_duration_seconds 3|minor']?.[0] ?? 0) > 0;
  }, 5000);
  t.equal(garbage.length, 100_000);
  const blockedUntilMs = performance.now() + 120;
  await eventually(() => {
    while (performance.now() < blockedUntilMs);
    return told()['sluice_worker_event_loop_delay_max_seconds 3']![0]! > 0.05;
  });
  const now = told();
  t.ok(now['sluice_worker_event_loop_delay_max_seconds 3']![0]! < 60);
  t.ok(now['sluice_worker_heap_used_bytes 3']![0]! < now['sluice_worker_heap_limit_bytes 3']![0]!);
  t.ok(now['sluice_worker_event_loop_active_seconds_total 3']![0]! > 0.1);
  t.ok(now['sluice_worker_gc_duration_seconds 3|minor']![1]! > 0);
  for (let i = 0; i < 40; i += 1) told();
  t.ok(told()['sluice_worker_event_loop_delay_max_seconds 3']![0]! < 0.05, 'what is long past is forgotten');
});
