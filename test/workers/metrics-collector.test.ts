import t from 'tap';
import { CellNames } from '../../src/lib/cell-names.ts';
import { createSharedCells, SharedCells } from '../../src/lib/shared-cells.ts';
import { MetricsWriter } from '../../src/observe/metrics/exposition.ts';
import type { MetricsSnapshot } from '../../src/observe/metrics/snapshot.ts';
import { WorkerMetrics } from '../../src/observe/metrics/worker-metrics.ts';
import { MetricsCollector } from '../../src/workers/metrics-collector.ts';
import { configOf } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { literalRoster } from '../helpers/literal-roster.ts';
import { eventually } from '../helpers/wait-for.ts';
import { flat, measured } from '../observe/metrics/sample-measured.ts';
import { sampleCertificate, sampleStatus } from '../admin/sample-services.ts';

class FakeWorker {
  readonly metrics = new WorkerMetrics();
  readonly number: number;
  state: 'ready' | 'down' = 'ready';
  isBusy = false;
  asked = 0;
  #waiting: (() => void)[] = [];

  constructor(number: number) {
    this.number = number;
    this.metrics.useRoutes(['api'], { routesMax: 9, targetsMax: 9 });
  }

  async snapshot(): Promise<MetricsSnapshot> {
    this.asked += 1;
    if (this.isBusy) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.state === 'down') throw new Error('it has ended');
    return this.metrics.snapshot();
  }

  answer(): void {
    this.isBusy = false;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

function start(count = 2, loadWriter?: () => Promise<MetricsWriter>) {
  const clock = new ManualClock();
  const config = configOf('routes: [{ name: api, upstream: "app:1" }]');
  const cells = new SharedCells(createSharedCells(1, 9), 1);
  const cellIndex = new CellNames(9, () => undefined).take(['connections', 'streams api', 'tunnels api']);
  const crew = { members: Array.from({ length: count }, (_, index) => new FakeWorker(index + 1)), deaths: 0, cells };
  const collector = new MetricsCollector({
    ...(loadWriter !== undefined && { loadWriter }), clock, version: '1', crew, fleet: { status: () => sampleStatus.targets, breakers: () => [{ upstream: 'app', state: 'open' }] }, isReady: () => true, certificates: () => [sampleCertificate],
    plan: () => ({ generation: 3, config, cellIndex, roster: literalRoster(config), tls: null }),
  });
  const count200 = (): number => flat(collector.samples())['sluice_http_requests_total api|GET|200|2xx|']?.[0] ?? 0;
  return { clock, crew, collector, cells, cellIndex, count200 };
}

await t.test('workers are asked once a second, and for every answer', async (t) => {
  const { clock, crew: { members }, collector, count200 } = start();
  for (const { metrics } of members) metrics.onEnd(measured());
  clock.advance(1000);
  await eventually(() => count200() === 2);
  members[0]!.metrics.onEnd(measured());
  const { body } = await collector.answer('');
  t.match(body, 'sluice_http_requests_total{route="api",method="GET",status="200",class="2xx",code=""} 3\n');
  collector.close();
  t.equal(clock.tickers, 0);
});

await t.test('a worker that is too busy to answer delays nobody for longer than half a second, and is not asked twice', async (t) => {
  const { clock, crew: { members: [busy, idle] }, collector, count200 } = start();
  for (const worker of [busy!, idle!]) worker.metrics.onEnd(measured());
  await collector.answer('');
  busy!.isBusy = true;
  for (const worker of [busy!, idle!]) worker.metrics.onEnd(measured());
  const answered = collector.answer('');
  clock.advance(500);
  t.match((await answered).body, /^sluice_http_requests_total\{route="api".* 3$/m, 'of the busy one, what it had said before');
  clock.advance(10_000);
  t.equal(busy!.asked, 2);
  t.match(flat(collector.samples()), { 'sluice_worker_metrics_age_seconds 1': [10.5] });
  busy!.answer();
  await eventually(() => count200() === 4);
  t.equal(flat(collector.samples())['sluice_worker_metrics_age_seconds 1']?.[0], 0);
});

await t.test('a worker that dies takes nothing with it that it had told', async (t) => {
  const { crew, collector, count200 } = start(1);
  const [dies] = crew.members;
  dies!.metrics.onEnd(measured());
  dies!.metrics.set('inFlight', 5);
  await collector.answer('');
  dies!.state = 'down';
  await collector.answer('');
  t.match(flat(collector.samples()), { sluice_http_requests_in_flight: [0], 'sluice_worker_up 1': [0] });
  const next = new FakeWorker(1);
  crew.members[0] = next;
  next.metrics.onEnd(measured());
  await collector.answer('');
  t.equal(count200(), 2);
  next.isBusy = true;
  const waiting = collector.answer('');
  next.state = 'down';
  next.answer();
  await waiting;
  t.equal(count200(), 2, 'it died while it was asked');
});

await t.test('reloads are counted by how they came out', async (t) => {
  const { clock, collector } = start();
  const beganMs = clock.now();
  t.match(flat(collector.samples()), { 'sluice_config_reloads_total failure': [0], sluice_config_last_reload_successful: [1], sluice_config_last_reload_success_timestamp_seconds: [beganMs / 1000] });
  clock.advance(5000);
  collector.noteReload({ ok: true, generation: 4, ms: 250, guardMs: 0, warnings: [] });
  clock.advance(5000);
  collector.noteReload({ ok: false, reason: 'invalid', error: '', diagnostics: [] });
  t.match(flat(collector.samples()), {
    'sluice_config_reloads_total success': [1], 'sluice_config_reloads_total failure': [1], sluice_config_last_reload_successful: [0],
    sluice_config_last_reload_success_timestamp_seconds: [beganMs / 1000 + 5], sluice_config_last_reload_duration_seconds: [0.25],
  });
});

await t.test('what is in shared memory is read there', async (t) => {
  const { collector, cells, cellIndex } = start();
  cells.counter(cellIndex, 'connections').add(3);
  cells.counter(cellIndex, 'streams api').add(2);
  const samples = flat(collector.samples());
  t.match(samples, { sluice_connections_open: [3], 'sluice_event_streams_open api': [2], 'sluice_upstream_requests_total app|app:8000': [7], 'sluice_upstream_breaker_state app|open': [1] });
  t.notOk('sluice_upgraded_connections_open api' in samples);
});

await t.test('a route that is gone is let go in its time, and the last hour is kept', async (t) => {
  const { clock, crew: { members }, collector } = start(1);
  members[0]!.metrics.useRoutes(['gone'], { routesMax: 9, targetsMax: 9 });
  members[0]!.metrics.onEnd(measured({ routeId: 'gone' }));
  await collector.answer('');
  clock.advance(5000);
  t.match(collector.traffic.snapshot(), { routes: [{ route: 'gone', requests: [1] }] });
  clock.advance(17 * 60_000);
  t.notOk(Object.keys(flat(collector.samples())).some((name) => name.includes('gone')));
});

await t.test('what writes the metrics is loaded anew where it could not be loaded', async (t) => {
  let tries = 0;
  const { collector } = start(1, async () => {
    tries += 1;
    if (tries === 1) throw new Error('too many open files');
    return Promise.resolve(new MetricsWriter());
  });
  await t.rejects(collector.answer(''), /too many open files/);
  t.match((await collector.answer('')).body, /sluice_build_info/);
  await collector.answer('');
  t.equal(tries, 2);
});

await t.test('what writes the metrics is there before it is asked for: the files of the program may be exchanged while it runs', async (t) => {
  let loads = 0;
  const { clock, collector } = start(1, async () => {
    loads += 1;
    return Promise.resolve(new MetricsWriter());
  });
  t.equal(loads, 0, 'a start does not wait for it');
  clock.advance(60_000);
  t.equal(loads, 1);
  clock.advance(60_000);
  await collector.answer('');
  t.equal(loads, 1);
});
