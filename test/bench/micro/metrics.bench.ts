// What counting one request costs, what a snapshot costs, and what an answer costs: node test/bench/micro/metrics.bench.ts
import { decided } from '../../../src/exchange/decided.ts';
import { MetricsWriter } from '../../../src/observe/metrics/exposition.ts';
import { MetricsHub } from '../../../src/observe/metrics/metrics-hub.ts';
import { decision } from '../../../src/observe/metrics/outcome.ts';
import { WorkerMetrics } from '../../../src/observe/metrics/worker-metrics.ts';
import { measured } from '../../observe/metrics/sample-measured.ts';

const ROUNDS = 5;
const CALLS = 200_000;
const ROUTES = 1000;

function report(name: string, calls: number, run: (index: number) => void, unitNs: number, unit: string): void {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedAtMs = performance.now();
    for (let index = 0; index < calls; index++) run(index);
    times.push(((performance.now() - startedAtMs) * 1e6) / calls / unitNs);
  }
  console.log(`${name.padEnd(52)} ${Math.min(...times).toFixed(2).padStart(8)} ${unit}`);
}

const ids = Array.from({ length: ROUTES }, (_, index) => `app.example.com/route${index}/*`);
const metrics = new WorkerMetrics();
metrics.useRoutes(ids, { routesMax: ROUTES, targetsMax: ROUTES });
const forwarded = ids.map((routeId, index) => measured({ routeId, totalMs: (index % 50) + 0.5, target: `10.0.${index >> 8}.${index & 255}:8000`, bytesOut: index * 100 }));
const traced = forwarded.map((record) => ({ ...record, traceId: '4bf92f3577b34da6a3ce929d0e0e4736' }));
const refused = forwarded.map((record) => ({ ...record, target: '', upstream: '', attempts: 0, status: 429, errorCode: 'rate_limited' }));

report('count a forwarded request, one route', CALLS, () => metrics.onEnd(forwarded[7]!), 1, 'ns');
report(`count a forwarded request, ${ROUTES} routes and targets`, CALLS, (index) => metrics.onEnd(forwarded[index % ROUTES]!), 1, 'ns');
report('count a forwarded request with a trace id', CALLS, (index) => metrics.onEnd(traced[index % ROUTES]!), 1, 'ns');
report('count a refused request', CALLS, (index) => metrics.onEnd(refused[index % ROUTES]!), 1, 'ns');
const allowed = decision('rateLimit', 'allowed');
const outcomes = ids.map((id) => metrics.outcomesOf(id));
const request = { outcomes: outcomes[7]!, trace: null };
report('count a decision of a policy, one route', CALLS, () => decided(request, allowed), 1, 'ns');
report(`count a decision of a policy, ${ROUTES} routes`, CALLS, (index) => outcomes[index % ROUTES]!.count(allowed), 1, 'ns');

const hub = new MetricsHub();
hub.apply(metrics, metrics.snapshot());
report(`snapshot of ${ROUTES} routes and targets, all in use`, 20, () => {
  for (const record of forwarded) metrics.onEnd(record);
  hub.apply(metrics, structuredClone(metrics.snapshot()));
}, 1e6, 'ms');
const writer = new MetricsWriter();
const startedAtMs = performance.now();
const { body } = await writer.write(hub.totals, '');
console.log(`${`answer of ${body.split('\n').length} lines, ${Math.round(body.length / 1024)} KiB`.padEnd(52)} ${(performance.now() - startedAtMs).toFixed(2).padStart(8)} ms`);
