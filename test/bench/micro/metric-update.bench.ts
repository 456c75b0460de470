// What counting one request costs, what a snapshot costs, and what an answer costs: node test/bench/micro/metric-update.bench.ts
import { decided } from '../../../src/exchange/decided.ts';
import { MetricsWriter } from '../../../src/observe/metrics/exposition.ts';
import { MetricsHub } from '../../../src/observe/metrics/metrics-hub.ts';
import { decision } from '../../../src/observe/metrics/outcome.ts';
import { WorkerMetrics } from '../../../src/observe/metrics/worker-metrics.ts';
import { measured } from '../../observe/metrics/sample-measured.ts';
import { inTurn, micro } from '../micro-bench.ts';

const ROUTES = 1000;

const ids = Array.from({ length: ROUTES }, (_, index) => `app.example.com/route${index}/*`);
const metrics = new WorkerMetrics();
metrics.useRoutes(ids, { routesMax: ROUTES, targetsMax: ROUTES });
const forwarded = ids.map((routeId, index) => measured({ routeId, totalMs: (index % 50) + 0.5, target: `10.0.${index >> 8}.${index & 255}:8000`, bytesOut: index * 100 }));
const traced = forwarded.map((record) => ({ ...record, traceId: '4bf92f3577b34da6a3ce929d0e0e4736' }));
const refused = forwarded.map((record) => ({ ...record, target: '', upstream: '', attempts: 0, status: 429, errorCode: 'rate_limited' }));

for (const [what, records] of [
  ['count a forwarded request, one route', forwarded.slice(7, 8)],
  [`count a forwarded request, ${ROUTES} routes and targets`, forwarded],
  ['count a forwarded request with a trace id', traced],
  ['count a refused request', refused],
] as const) {
  await micro(what, (record: (typeof records)[number]) => metrics.onEnd(record), { input: inTurn(records) });
}

const allowed = decision('rateLimit', 'allowed');
const outcomes = ids.map((id) => metrics.outcomesOf(id));
const request = { outcomes: outcomes[7]!, trace: null };
await micro('count a decision of a policy, one route', () => decided(request, allowed));
await micro(`count a decision of a policy, ${ROUTES} routes`, (of: typeof request.outcomes) => of.count(allowed), { input: inTurn(outcomes) });

const hub = new MetricsHub();
hub.apply(metrics, metrics.snapshot());
await micro(`snapshot of ${ROUTES} routes and targets, all in use`, () => hub.apply(metrics, structuredClone(metrics.snapshot())), {
  input: () => {
    for (const record of forwarded) metrics.onEnd(record);
  },
  batch: 1,
});
const writer = new MetricsWriter();
const { body } = await writer.write(hub.totals, '');
await micro(`answer of ${body.split('\n').length} lines, ${Math.round(body.length / 1024)} KiB`, async () => writer.write(hub.totals, ''));
