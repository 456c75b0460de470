import t from 'tap';
import { statusView, type ViewFacts } from '../../src/admin/status-view.ts';
import type { RecentRequest } from '../../src/observe/recent-request.ts';
import { sampleCertificate, sampleStatus } from './sample-services.ts';
import { sampleSnapshot } from './sample-traffic.ts';

const NOW_MS = Date.UTC(2026, 2, 1);

function facts(changes: Partial<ViewFacts> = {}): ViewFacts {
  return { status: sampleStatus, certificates: [sampleCertificate], generations: [], refusal: null, errors: [], traffic: sampleSnapshot(NOW_MS), ...changes };
}

function failed(endedAtMs: number, status: number): RecentRequest {
  return {
    time: new Date(endedAtMs).toISOString(), endedAtMs, requestId: `id-${endedAtMs}`, trace: '', method: 'GET', scheme: 'http', host: 'a', path: '/', protocol: 'HTTP/1.1', tls: '', status,
    code: 'upstream_timeout', reason: 'late', client: '10.0.0.1', route: 'r', upstream: 'app', target: 'app:8000', attempts: 1, bytesIn: 0, bytesOut: 0, requestMs: 5, connectMs: null, headMs: null,
    responseMs: null, userAgent: 'curl', referer: '', upgrade: '',
  };
}

function many<T>(item: T): T[] {
  return Array.from({ length: 2000 }, () => item);
}

await t.test('the gateway is told in a few numbers', async (t) => {
  const { gateway, routes } = statusView(facts());
  t.strictSame(gateway, { state: 'ready', version: '1.2.3', generation: 4, listeners: sampleStatus.listeners, startedMs: NOW_MS - 60_000, workers: 1, workersReady: 1 });
  t.strictSame(routes, { items: sampleStatus.routes, total: 1 });
});

await t.test('what may take no requests comes first, and so does what ends first', async (t) => {
  const [target] = sampleStatus.targets;
  const targets = (['up', 'draining', 'down', 'ejected'] as const).map((state) => ({ ...target!, state }));
  const certificates = [30, 3].map((days) => ({ ...sampleCertificate, notAfter: new Date(NOW_MS + days * 86_400_000).toISOString() }));
  const view = statusView(facts({ status: { ...sampleStatus, targets }, certificates: [...certificates, { ...sampleCertificate, notAfter: null }] }));
  t.strictSame(view.targets.items.map(({ state }) => state), ['down', 'ejected', 'draining', 'up']);
  t.strictSame(view.certificates.items.map(({ daysLeft }) => daysLeft), [null, 3, 30]);
});

await t.test('limits are told apart from other codes, in words', async (t) => {
  const codes = ['rate_limited', 'upstream_timeout'].map((code) => ({ route: 'r', code, lastMinute: 1, lastHour: 2 }));
  const view = statusView(facts({ traffic: sampleSnapshot(NOW_MS, [], codes) }));
  t.strictSame(view.limits.items, [{ ...codes[0], limits: 'requests per time' }]);
  t.strictSame(view.codes.items, [codes[1]]);
});

await t.test('threat: a scan that is refused a thousand times does not push out what has failed', async (t) => {
  const refusals = Array.from({ length: 1000 }, (_, index) => failed(1000 + index, 404));
  const { errors } = statusView(facts({ errors: [failed(1, 502), failed(2, 500), ...refusals] }));
  t.equal(errors.total, 1002);
  t.strictSame(errors.items.slice(-2).map(({ status }) => status), [500, 502]);
  t.equal(errors.items.length, 17);
  t.equal(errors.items[0]?.requestId, 'id-1999', 'the youngest first');
  t.notOk('userAgent' in errors.items[0]!, 'no more than the page shows');
});

await t.test('every list has a bound', async (t) => {
  const view = statusView(facts({
    status: { ...sampleStatus, routes: many(sampleStatus.routes[0]!), targets: many(sampleStatus.targets[0]!) },
    certificates: many(sampleCertificate), errors: many(failed(1, 500)),
    generations: many({ generation: 1, at: '', ms: 1, verdict: { outcome: 'none', reason: '' }, changes: [], moreChanges: 0 }),
    traffic: sampleSnapshot(NOW_MS, [], many({ route: 'r', code: 'rate_limited', lastMinute: 1, lastHour: 1 })),
  }));
  const { routes, targets, certificates, errors, generations, limits } = view;
  t.strictSame([routes, targets, certificates, errors, generations, limits].map(({ items }) => items.length), [200, 200, 200, 40, 20, 40]);
  t.equal(targets.total, 2000);
});
