import { execFileSync } from 'node:child_process';
import t from 'tap';
import { MetricsWriter } from '../../../src/observe/metrics/exposition.ts';
import { MetricsHub } from '../../../src/observe/metrics/metrics-hub.ts';
import type { Sample } from '../../../src/observe/metrics/sample.ts';
import { WorkerMetrics } from '../../../src/observe/metrics/worker-metrics.ts';
import { requireService } from '../../helpers/service.ts';
import { TurnMeter } from '../../helpers/turns.ts';
import { measured } from './sample-measured.ts';

const OPEN = 'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3';
const NASTY = 'a"b\\c\nd';

function someSamples(): Iterable<Sample> {
  const worker = new WorkerMetrics();
  worker.useRoutes([NASTY], { routesMax: 9, targetsMax: 9 });
  worker.onEnd(measured({ routeId: NASTY, totalMs: 3, traceId: '4bf92f3577b34da6a3ce929d0e0e4736', startedAtMs: 1_767_225_600_000 }));
  worker.addEvent('gc', 0.25, '1', 'minor');
  const hub = new MetricsHub();
  hub.apply(worker, worker.snapshot());
  return hub.totals;
}

await t.test('the text format of Prometheus: buckets add up, sums and counts are there, labels are escaped', async (t) => {
  const { contentType, body } = await new MetricsWriter().write(someSamples(), 'text/plain');
  t.match(contentType, 'text/plain; version=0.0.4');
  const route = 'route="a\\"b\\\\c\\nd"';
  t.match(body, `sluice_http_requests_total{${route},method="GET",status="200",class="2xx",code=""} 1\n`);
  t.match(body, `sluice_http_request_duration_seconds_bucket{${route},le="0.002"} 0\n`);
  t.match(body, `sluice_http_request_duration_seconds_bucket{${route},le="0.005"} 1\n`);
  t.match(body, `sluice_http_request_duration_seconds_bucket{${route},le="+Inf"} 1\n`);
  t.match(body, `sluice_http_request_duration_seconds_count{${route}} 1\n`);
  t.match(body, 'sluice_worker_gc_duration_seconds_sum{worker="1",kind="minor"} 0.25\n');
  t.notMatch(body, /trace_id|EOF|NaN|undefined/i);
});

await t.test('OpenMetrics, where it is asked for: counters without their suffix in TYPE, exemplars, an end', async (t) => {
  const { contentType, body } = await new MetricsWriter().write(someSamples(), OPEN);
  t.match(contentType, 'application/openmetrics-text; version=1.0.0');
  t.match(body, '# TYPE sluice_http_requests counter\n');
  t.match(body, /^sluice_http_requests_total\{/m);
  t.match(body, /,le="0.005"\} 1 # \{trace_id="4bf92f3577b34da6a3ce929d0e0e4736"\} 0.003 1767225600.003\n/);
  t.ok(body.endsWith('\n# EOF\n'));
});

await t.test('answers in both formats at the same time do not get in each other\'s way', async (t) => {
  const writer = new MetricsWriter();
  const [one, other, empty] = await Promise.all([writer.write(someSamples(), ''), writer.write(someSamples(), OPEN), writer.write([], '')]);
  t.match(one.body, /^sluice_http_requests_total\{/m);
  t.match(other.body, /# EOF/);
  t.notMatch(empty.body, /^sluice_http_requests_total\{/m);
});

await t.test('each metric is written in a turn of its own, so that many routes keep nobody waiting', async (t) => {
  const meter = new TurnMeter();
  const samples = [...someSamples()].map((sample) => Object.defineProperty({ ...sample }, 'labels', { get: () => (meter.count(), sample.labels) }));
  await meter.run(async () => new MetricsWriter().write(samples, ''));
  const readOfOne = Math.max(...[...Map.groupBy(samples, ({ metric }) => metric.name).values()].map((those) => those.reduce((sum, { metric }) => sum + metric.labels.length, 0)));
  t.ok(meter.most > 0 && meter.most <= readOfOne, `${meter.most} of ${samples.length} in one turn`);
});

await t.test('promtool finds no fault with names, types and help', async (t) => {
  const promtool = requireService(t, 'promtool');
  if (promtool === null) return;
  const { body } = await new MetricsWriter().write(someSamples(), '');
  t.equal(execFileSync(promtool, ['check', 'metrics'], { input: body, encoding: 'utf8' }), '');
});
