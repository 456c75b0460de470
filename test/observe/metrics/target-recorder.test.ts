import t from 'tap';
import { MetricsHub } from '../../../src/observe/metrics/metrics-hub.ts';
import { SeriesStore } from '../../../src/observe/metrics/series-store.ts';
import { TargetRecorder } from '../../../src/observe/metrics/target-recorder.ts';
import { flat, measured } from './sample-measured.ts';

await t.test('times count from the start of the attempt, not from that of the request', async (t) => {
  const store = new SeriesStore();
  const recorder = new TargetRecorder(store, 'api', 'api:1');
  recorder.record(measured({ attemptMs: 1000, connectMs: 1002, headMs: 1005, responseMs: 1009 }));
  // An idle connection: the connect time is that of an attempt before, which failed later.
  recorder.record(measured({ attemptMs: 500, connectMs: 100, headMs: 501, responseMs: -1 }));
  const hub = new MetricsHub();
  hub.apply({}, store.snapshot());
  const sums = Object.entries(flat(hub.totals)).map(([name, values]) => [name, Math.round(values.at(-1)! * 1000)]);
  t.strictSame(sums, [
    ['sluice_upstream_connect_duration_seconds api|api:1', 2],
    ['sluice_upstream_head_duration_seconds api|api:1', 6],
    ['sluice_upstream_response_duration_seconds api|api:1', 9],
  ]);
  recorder.drop();
  t.equal(store.size, 0);
});

await t.test('an attempt that failed before it had an answer has no times', async (t) => {
  const store = new SeriesStore();
  new TargetRecorder(store, 'api', 'api:1').record(measured({ attemptMs: 1, connectMs: -1, headMs: -1, responseMs: -1 }));
  const hub = new MetricsHub();
  hub.apply({}, store.snapshot());
  t.strictSame(Object.values(flat(hub.totals)).flat().filter((value) => value !== 0), []);
});
