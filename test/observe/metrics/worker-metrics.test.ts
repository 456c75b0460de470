import t from 'tap';
import { MetricsHub } from '../../../src/observe/metrics/metrics-hub.ts';
import { decision } from '../../../src/observe/metrics/outcome.ts';
import { OTHERS, WorkerMetrics } from '../../../src/observe/metrics/worker-metrics.ts';
import { flat, measured } from './sample-measured.ts';

const BOUNDS = { routesMax: 2, targetsMax: 2 };

function requestsOf(metrics: WorkerMetrics, hub = new MetricsHub()): Record<string, number> {
  hub.apply(metrics, metrics.snapshot());
  const entries = Object.entries(flat(hub.totals)).filter(([name]) => name.startsWith('sluice_http_requests_total '));
  return Object.fromEntries(entries.map(([name, [count]]) => [name.slice('sluice_http_requests_total '.length, name.indexOf('|')), count ?? 0]));
}

await t.test('a scan for hosts nobody serves makes no series', async (t) => {
  const metrics = new WorkerMetrics();
  metrics.useRoutes(['a'], BOUNDS);
  metrics.snapshot();
  for (let i = 0; i < 1000; i += 1) metrics.onEnd(measured({ routeId: '', host: `host${i}.test`, path: `/${i}`, upstream: '', target: '', status: 404, errorCode: 'no_route' }));
  t.match(metrics.snapshot().fresh, [{ metric: 'requests', labels: ['', 'GET', '404', '4xx', 'no_route'] }], 'but for the one that counts them');
});

await t.test('routes beyond the bound are counted together', async (t) => {
  const metrics = new WorkerMetrics();
  metrics.useRoutes(['a', 'b', 'c', 'd'], BOUNDS);
  for (const routeId of ['a', 'b', 'c', 'd', 'd']) metrics.onEnd(measured({ routeId }));
  t.strictSame(requestsOf(metrics), { a: 1, b: 1, [OTHERS]: 3 });
});

await t.test('a route keeps its counts over reloads, and one that is gone those of its last requests', async (t) => {
  const metrics = new WorkerMetrics();
  const hub = new MetricsHub();
  metrics.useRoutes(['a', 'b'], BOUNDS);
  metrics.onEnd(measured({ routeId: 'a' }));
  metrics.onEnd(measured({ routeId: 'b' }));
  metrics.useRoutes(['a'], BOUNDS);
  metrics.onEnd(measured({ routeId: 'a' }));
  metrics.onEnd(measured({ routeId: 'b' }));
  t.strictSame(requestsOf(metrics, hub), { a: 2, b: 2 }, 'a request of the generation before still ends');
  metrics.useRoutes(['a'], BOUNDS);
  metrics.onEnd(measured({ routeId: 'b' }));
  t.strictSame(requestsOf(metrics, hub), { a: 2, b: 2, [OTHERS]: 1 }, 'after the next reload, nobody is left of it');
  metrics.useRoutes(['b'], BOUNDS);
  metrics.onEnd(measured({ routeId: 'b' }));
  t.strictSame(requestsOf(metrics, hub), { a: 2, b: 3, [OTHERS]: 1 }, 'it is back');
});

await t.test('targets beyond the bound are counted together by upstream, until one has been idle for a quarter of an hour', async (t) => {
  const metrics = new WorkerMetrics();
  metrics.useRoutes(['api'], BOUNDS);
  const names = (): string[] => metrics.snapshot().fresh.filter(({ metric }) => metric === 'headTime').map(({ labels }) => labels.join(' '));
  for (const target of ['a', 'b', 'c', 'd']) metrics.onEnd(measured({ target }));
  t.strictSame(names(), ['api a', 'api b', `api ${OTHERS}`]);
  for (let i = 0; i < 900; i += 1) {
    metrics.onEnd(measured({ target: 'b' }));
    metrics.snapshot();
  }
  metrics.onEnd(measured({ target: 'c' }));
  t.strictSame(names(), ['api c'], 'in place of the idle one');
});

await t.test('what a configuration names is there before its first request', async (t) => {
  const metrics = new WorkerMetrics();
  metrics.useRoutes(['a'], BOUNDS);
  metrics.useTargets('api', ['x', 'y', 'z']);
  const named = metrics.snapshot().fresh.map(({ metric, labels }) => [metric, ...labels].join(' '));
  for (const name of ['duration a', 'requestSize a', 'duration ', 'retries api', 'headTime api x', 'connectTime api y', `responseTime api ${OTHERS}`, 'handshakes TLSv1.3 true', 'handshakeFailures', 'refusedConnections']) t.ok(named.includes(name), name);
  t.notOk(named.some((name) => name.endsWith(' z') || name === `duration ${OTHERS}`), 'what has no series of its own has none');
  metrics.useTargets('api', ['x', 'y', 'z']);
  t.strictSame(metrics.snapshot().fresh, []);
});

await t.test('with no room for targets, each upstream is one', async (t) => {
  const metrics = new WorkerMetrics();
  metrics.useRoutes(['api'], { routesMax: 1, targetsMax: 0 });
  for (const target of ['a', 'b']) metrics.onEnd(measured({ target }));
  t.strictSame(metrics.snapshot().fresh.filter(({ metric }) => metric === 'headTime').map(({ labels }) => labels), [['api', OTHERS]]);
});

await t.test('attempts beside the first are retries of their upstream', async (t) => {
  const metrics = new WorkerMetrics();
  metrics.onEnd(measured({ attempts: 3 }));
  metrics.onEnd(measured({ attempts: 1 }));
  const hub = new MetricsHub();
  hub.apply(metrics, metrics.snapshot());
  t.strictSame(flat(hub.totals)['sluice_upstream_retries_total api'], [2]);
});

await t.test('handshakes and what is refused are counted', async (t) => {
  const metrics = new WorkerMetrics();
  metrics.handshake('TLSv1.3', false);
  metrics.handshake('TLSv1.3', true);
  metrics.handshake('TLSv1.3', true);
  metrics.handshakeFailed();
  metrics.connectionRefused();
  metrics.outcomesOf('nobody knows it').count(decision('rateLimit', 'limited'));
  const hub = new MetricsHub();
  hub.apply(metrics, metrics.snapshot());
  t.match(flat(hub.totals), {
    'sluice_tls_handshakes_total TLSv1.3|false': [1], 'sluice_tls_handshakes_total TLSv1.3|true': [2], 'sluice_tls_handshake_failures_total': [1],
    'sluice_connections_refused_total': [1], [`sluice_rate_limit_decisions_total ${OTHERS}|limited`]: [1],
  });
});
