import t from 'tap';
import type { StatusSecond } from '../../src/admin/status-source.ts';
import { MetricsHub } from '../../src/observe/metrics/metrics-hub.ts';
import { OTHERS, WorkerMetrics } from '../../src/observe/metrics/worker-metrics.ts';
import { TrafficHistory } from '../../src/workers/traffic-history.ts';
import { measured } from '../observe/metrics/sample-measured.ts';

type Request = Parameters<typeof measured>[0];

const START_MS = Date.UTC(2026, 0, 1);

class Seconds {
  readonly history = new TrafficHistory(START_MS);
  readonly worker = new WorkerMetrics();
  readonly hub = new MetricsHub();
  nowMs = START_MS;

  constructor(routes: readonly string[]) {
    this.worker.useRoutes(routes, { routesMax: 10_000, targetsMax: 0 });
  }

  pass(requests: readonly Request[] = [], ms = 1000): void {
    this.nowMs += ms;
    for (const request of requests) this.worker.onEnd(measured(request));
    this.hub.apply(this.worker, this.worker.snapshot());
    this.history.take(this.hub.totals, this.nowMs);
  }
}

await t.test('requests, errors and percentiles of each route, step by step', async (t) => {
  const seconds = new Seconds(['a', 'b']);
  for (let second = 0; second < 25; second += 1) {
    seconds.pass([{ routeId: 'a', totalMs: 3 }, ...(second >= 20 ? [{ routeId: 'b', totalMs: 150, status: 503, errorCode: 'no_healthy_target' as const }] : [])]);
  }
  const { stepMs, stepStartMs, nowMs, all, routes, codes } = seconds.history.snapshot();
  t.strictSame([stepMs, stepStartMs, nowMs], [10_000, START_MS + 20_000, START_MS + 25_000]);
  t.strictSame(all.requests, [9, 10, 11], 'a tick belongs to the step it falls into');
  t.strictSame(all.errors, [0, 0, 5]);
  const [a, b] = routes;
  t.match(a, { route: 'a', requests: [9, 10, 6], minute: { requests: 25, errors: 0 } });
  t.match(b, { route: 'b', requests: [0, 0, 5], errors: [0, 0, 5], p95Ms: [-1, -1] });
  t.ok(b!.p50Ms[2]! > 100 && b!.p50Ms[2]! < 200);
  t.strictSame(codes, [{ route: 'b', code: 'no_healthy_target', lastMinute: 5, lastHour: 5 }]);
});

await t.test('every list has the length of all others, an hour at most', async (t) => {
  const seconds = new Seconds(['a']);
  for (let second = 0; second < 3700; second += 1) seconds.pass(second === 3600 ? [{ routeId: 'a' }] : []);
  const { all, routes: [a] } = seconds.history.snapshot();
  for (const list of [all.requests, all.errors, all.p50Ms, all.p95Ms, a!.requests, a!.p95Ms]) t.equal(list.length, 360);
});

await t.test('listeners are told each second what has changed, until they stop', async (t) => {
  const seconds = new Seconds(['a', 'b']);
  const told: StatusSecond[] = [];
  seconds.pass([{ routeId: 'b' }]);
  const stop = seconds.history.onSecond((second) => told.push(second));
  seconds.pass([{ routeId: 'a', status: 429, errorCode: 'rate_limited' }]);
  stop();
  seconds.pass();
  t.match(told, [{
    nowMs: START_MS + 2000, all: { step: { requests: 2 }, minute: { requests: 2 } }, codes: [{ route: 'a', code: 'rate_limited', lastMinute: 1 }],
    routes: [{ route: 'a', step: { requests: 1, errors: 0 } }, { route: 'b' }].toReversed(),
  }]);
  for (let i = 0; i < 70; i += 1) seconds.pass();
  seconds.history.onSecond((second) => told.push(second));
  seconds.pass();
  t.match(told[1], { routes: [], codes: [{ lastMinute: 0, lastHour: 1 }] });
});

await t.test('routes and codes beyond the bound are counted together, and nothing is counted twice', async (t) => {
  const ids = Array.from({ length: 600 }, (_, index) => `r${index}`);
  const seconds = new Seconds(ids);
  const failures = ids.map((routeId): Request => ({ routeId, status: 502, errorCode: 'upstream_cut' }));
  for (let i = 0; i < 3; i += 1) seconds.pass(failures);
  const { routes, all, codes } = seconds.history.snapshot();
  t.equal(routes.length, 201);
  t.equal(routes.reduce((sum, { minute }) => sum + minute.requests, 0), 1800);
  t.equal(all.minute.requests, 1800);
  t.match(codes[0], { route: OTHERS, code: 'upstream_cut', lastHour: 300 });
  t.equal(codes.length, 200);
});

await t.test('routes that nobody asks for take no room from those that somebody does', async (t) => {
  const ids = Array.from({ length: 600 }, (_, index) => `r${index}`);
  const seconds = new Seconds(ids);
  for (let i = 0; i < 3; i += 1) seconds.pass([{ routeId: 'r599' }]);
  t.match(seconds.history.snapshot().routes, [{ route: 'r599', minute: { requests: 3 } }]);
});

await t.test('a clock that jumps loses no count', async (t) => {
  const seconds = new Seconds(['a']);
  seconds.pass([{ routeId: 'a' }]);
  seconds.pass([{ routeId: 'a' }], 60_000);
  t.equal(seconds.history.snapshot().all.requests.length, 7);
  seconds.pass([{ routeId: 'a' }], -30_000);
  t.equal(seconds.history.snapshot().all.requests.length, 7);
  seconds.pass([{ routeId: 'a' }], 24 * 3_600_000);
  const { all } = seconds.history.snapshot();
  t.strictSame([all.requests.length, all.requests.at(-1), all.minute.requests], [360, 1, 4]);
});

await t.test('what has been quiet for an hour makes room', async (t) => {
  const seconds = new Seconds(['a']);
  seconds.pass([{ routeId: 'a', status: 500, errorCode: 'internal_error' }]);
  seconds.hub.prune({ routes: new Set(), upstreams: new Set(), targets: new Set() }, 0);
  seconds.hub.prune({ routes: new Set(), upstreams: new Set(), targets: new Set() }, 1_000_000);
  for (let second = 0; second < 2 * 3600 + 10; second += 10) seconds.pass([], 10_000);
  t.match(seconds.history.snapshot(), { routes: [], codes: [] });
});

await t.test('connections that were refused are told among the codes', async (t) => {
  const seconds = new Seconds([]);
  seconds.pass();
  t.strictSame(seconds.history.snapshot().codes, []);
  seconds.worker.connectionRefused();
  seconds.pass();
  t.strictSame(seconds.history.snapshot().codes, [{ route: '', code: 'connection_refused', lastMinute: 1, lastHour: 1 }]);
});
