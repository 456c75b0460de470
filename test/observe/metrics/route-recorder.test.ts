import t from 'tap';
import type { AccessRecord } from '../../../src/observe/access-record.ts';
import { MetricsHub } from '../../../src/observe/metrics/metrics-hub.ts';
import { decision } from '../../../src/observe/metrics/outcome.ts';
import { RouteRecorder } from '../../../src/observe/metrics/route-recorder.ts';
import { SeriesStore } from '../../../src/observe/metrics/series-store.ts';
import { flat, measured } from './sample-measured.ts';

function counted(records: readonly Partial<AccessRecord>[], more: (recorder: RouteRecorder) => void = () => undefined): Record<string, number[]> {
  const store = new SeriesStore();
  const recorder = new RouteRecorder(store, 'api');
  for (const record of records) recorder.record(measured(record));
  more(recorder);
  const hub = new MetricsHub();
  hub.apply({}, store.snapshot());
  return flat(hub.totals);
}

function only(counts: Record<string, number[]>, name: string): Record<string, number[]> {
  return Object.fromEntries(Object.entries(counts).filter(([key]) => key.startsWith(`${name} `)).map(([key, value]) => [key.slice(name.length + 1), value]));
}

await t.test('requests are counted by method, status, class and code', async (t) => {
  const counts = counted([{}, {}, { method: 'POST', status: 201 }, { status: 429, errorCode: 'rate_limited' }, { status: 429 }, { status: 499, errorCode: 'client_closed' }]);
  t.strictSame(only(counts, 'sluice_http_requests_total'), {
    'api|GET|200|2xx|': [2], 'api|POST|201|2xx|': [1], 'api|GET|429|4xx|rate_limited': [1], 'api|GET|429|4xx|': [1], 'api|GET|499|4xx|client_closed': [1],
  });
});

await t.test('no client makes series by methods, and no upstream by statuses', async (t) => {
  const methods = Array.from({ length: 50 }, (_, index) => ({ method: `M${index}` }));
  const statuses = Array.from({ length: 900 }, (_, index) => ({ status: 100 + index }));
  const counts = only(counted([...methods, ...statuses, { method: '', status: 0 }]), 'sluice_http_requests_total');
  t.strictSame(counts['api|OTHER|200|2xx|'], [50]);
  t.ok(Object.keys(counts).length < 80, `${Object.keys(counts).length} series`);
  t.equal(Object.values(counts).flat().reduce((sum, count) => sum + count), 951, 'each is counted all the same');
});

await t.test('durations are in seconds, sizes in bytes, and how long a WebSocket was open is no duration of a request', async (t) => {
  const counts = counted([{ totalMs: 30, bytesIn: 300, bytesOut: 5000 }, { status: 101, totalMs: 3_600_000, upgrade: 'websocket' }, { status: 200, protocol: 'HTTP/2', totalMs: 3_600_000, upgrade: 'websocket', bytesOut: 0 }]);
  t.equal(counts['sluice_http_request_duration_seconds api']?.slice(0, -1).reduce((sum, count) => sum + count), 1);
  t.equal(counts['sluice_http_request_duration_seconds api']?.at(-1), 0.03);
  t.equal(counts['sluice_http_request_size_bytes api']?.at(-1), 300);
  t.equal(counts['sluice_http_response_size_bytes api']?.at(-1), 10_120);
});

await t.test('what policies decide is counted by what they say, and by who says it where a metric is for several', async (t) => {
  const counts = counted([], (recorder) => {
    const said = [
      decision('rateLimit', 'allowed'), decision('rateLimit', 'allowed'), decision('rateLimit', 'limited'), decision('compression', 'gzip'),
      decision('jwt', 'passed'), decision('anyOf', 'passed'), decision('cors', 'refused'), decision('ip', 'refused'),
    ];
    for (const one of said) recorder.seriesOf(one).add(1);
  });
  t.strictSame(Object.fromEntries(Object.entries(counts).filter(([name]) => !name.startsWith('sluice_http_'))), {
    'sluice_rate_limit_decisions_total api|allowed': [2], 'sluice_rate_limit_decisions_total api|limited': [1], 'sluice_compressed_responses_total api|gzip': [1],
    'sluice_authentications_total api|jwt|passed': [1], 'sluice_authentications_total api|anyOf|passed': [1],
    'sluice_policy_decisions_total api|cors|refused': [1], 'sluice_policy_decisions_total api|ip|refused': [1],
  });
});

await t.test('a route that is let go leaves nothing behind', async (t) => {
  const store = new SeriesStore();
  const recorder = new RouteRecorder(store, 'api');
  recorder.record(measured({ errorCode: 'rate_limited', identity: { kind: 'jwt', name: 'anna' } }));
  recorder.record(measured());
  recorder.seriesOf(decision('compression', 'small')).add(1);
  recorder.drop();
  t.equal(store.size, 0);
});
