import t from 'tap';
import * as fc from 'fast-check';
import { MetricsHub, targetKey } from '../../../src/observe/metrics/metrics-hub.ts';
import { SeriesStore } from '../../../src/observe/metrics/series-store.ts';
import { WorkerMetrics } from '../../../src/observe/metrics/worker-metrics.ts';
import { flat, measured } from './sample-measured.ts';

const MINUTE_MS = 60_000;

await t.test('what workers count is added up, histograms too', async (t) => {
  const hub = new MetricsHub();
  for (const times of [2, 3]) {
    const store = new SeriesStore();
    const retries = store.make('retries', 'api');
    const sizes = store.makeHistogram('requestSize', 'a');
    for (let i = 0; i < times; i += 1) {
      retries.add(1);
      sizes.observe(100);
    }
    hub.apply(store, store.snapshot());
  }
  const totals = flat(hub.totals);
  t.strictSame(totals['sluice_upstream_retries_total api'], [5]);
  t.strictSame([totals['sluice_http_request_size_bytes a']?.[0], totals['sluice_http_request_size_bytes a']?.at(-1)], [5, 500]);
});

await t.test('a total never goes back and loses nothing it was told, whatever workers live and die', async (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('count' as const), worker: fc.nat(2), by: fc.nat(5) }),
    fc.record({ kind: fc.constant('tell' as const), worker: fc.nat(2) }),
    fc.record({ kind: fc.constant('die' as const), worker: fc.nat(2) }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const hub = new MetricsHub();
    const workers = [new WorkerMetrics(), new WorkerMetrics(), new WorkerMetrics()];
    const untold = [0, 0, 0];
    let told = 0;
    for (const action of steps) {
      const worker = workers[action.worker]!;
      if (action.kind === 'count') {
        if (action.by > 0) worker.add('retries', action.by, 'api');
        untold[action.worker]! += action.by;
      } else if (action.kind === 'tell') {
        hub.apply(worker, worker.snapshot());
        told += untold[action.worker]!;
        untold[action.worker] = 0;
      } else {
        hub.forget(worker);
        workers[action.worker] = new WorkerMetrics();
        untold[action.worker] = 0;
      }
      if ((flat(hub.totals)['sluice_upstream_retries_total api']?.[0] ?? 0) !== told) return false;
    }
    return true;
  }), { numRuns: 300 });
  t.pass('exact at every step');
});

await t.test('what a dead worker had in its hands goes with it', async (t) => {
  const hub = new MetricsHub();
  const [dies, lives] = [new WorkerMetrics(), new WorkerMetrics()];
  for (const [worker, number] of [[dies, '1'], [lives, '2']] as const) {
    worker.set('inFlight', 4);
    worker.set('heapUsed', 1000, number);
    worker.set('loopActive', 7, number);
    hub.apply(worker, worker.snapshot());
  }
  hub.forget(dies);
  t.match(flat(hub.totals), { sluice_http_requests_in_flight: [4], 'sluice_worker_heap_used_bytes 2': [1000], 'sluice_worker_event_loop_active_seconds_total 1': [7] });
  t.notOk('sluice_worker_heap_used_bytes 1' in flat(hub.totals), 'nobody has that heap');
  const next = new WorkerMetrics();
  next.set('heapUsed', 300, '1');
  hub.apply(next, next.snapshot());
  t.strictSame(flat(hub.totals)['sluice_worker_heap_used_bytes 1'], [300]);
});

await t.test('a route or target that is gone keeps its series for a quarter of an hour', async (t) => {
  const hub = new MetricsHub();
  const worker = new WorkerMetrics();
  worker.useRoutes(['old', 'new'], { routesMax: 9, targetsMax: 9 });
  worker.onEnd(measured({ routeId: 'old', target: 'api:1' }));
  worker.onEnd(measured({ routeId: 'new', target: 'api:2' }));
  worker.onEnd(measured({ routeId: '', target: '' }));
  worker.add('retries', 1, 'gone');
  hub.apply(worker, worker.snapshot());
  const present = { routes: new Set(['new']), upstreams: new Set(['api']), targets: new Set([targetKey('api', 'api:2')]) };
  const has = (text: string): boolean => Object.keys(flat(hub.totals)).some((name) => name.includes(text));
  for (const nowMs of [0, 14 * MINUTE_MS]) hub.prune(present, nowMs);
  t.strictSame([has(' old'), has('api:1'), has(' gone')], [true, true, true]);
  hub.prune({ ...present, routes: new Set(['new', 'old']) }, 14.5 * MINUTE_MS);
  hub.prune(present, 15 * MINUTE_MS);
  t.strictSame([has(' old'), has('api:1'), has(' gone')], [true, false, false], 'the route was back for a moment');
  hub.prune(present, 30 * MINUTE_MS);
  t.strictSame([has(' old'), has(' new'), has('api:2'), has('_total |')], [false, true, true, true], 'what is there, and what belongs to no route, stays');
  worker.onEnd(measured({ routeId: 'old' }));
  hub.apply(worker, worker.snapshot());
  t.strictSame(flat(hub.totals)['sluice_http_requests_total old|GET|200|2xx|'], [1], 'what comes back begins anew');
});

await t.test('the newest exemplar of a bucket is kept', async (t) => {
  const hub = new MetricsHub();
  const worker = new WorkerMetrics();
  for (const traceId of ['first', 'second']) {
    worker.onEnd(measured({ routeId: '', traceId, totalMs: 3 }));
    hub.apply(worker, worker.snapshot());
  }
  const times = [...hub.totals].find(({ metric }) => metric.name === 'sluice_http_request_duration_seconds');
  t.match(times?.exemplars.filter((exemplar) => exemplar !== undefined), [{ traceId: 'second', value: 0.003 }]);
});
