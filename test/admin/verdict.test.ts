import t from 'tap';
import type { TargetStatus } from '../../src/admin/services.ts';
import type { CodeCount, RouteHistory, TrafficCount } from '../../src/admin/status-source.ts';
import { daysLeft, durationText, routeName, verdictOf, type VerdictFacts } from '../../src/admin/verdict.ts';
import { sampleCertificate, sampleStatus } from './sample-services.ts';
import { sampleSnapshot, steadyHistory } from './sample-traffic.ts';

const NOW_MS = Date.UTC(2026, 1, 1);
const DAY_MS = 86_400_000;

function facts(changes: Partial<VerdictFacts> = {}): VerdictFacts {
  return { status: sampleStatus, certificates: [sampleCertificate], refusal: null, traffic: sampleSnapshot(NOW_MS), ...changes };
}

function target(key: string, state: TargetStatus['state'], reason = 'so it is'): TargetStatus {
  return { ...sampleStatus.targets[0]!, key, state, reason };
}

function withTargets(...targets: readonly TargetStatus[]): VerdictFacts {
  return facts({ status: { ...sampleStatus, targets } });
}

function withRoutes(routes: readonly RouteHistory[], codes: readonly CodeCount[] = []): VerdictFacts {
  return facts({ traffic: sampleSnapshot(NOW_MS, routes, codes) });
}

function minute(requests: number, errors: number, p95Ms = 20): TrafficCount {
  return { requests, errors, p50Ms: 5, p95Ms };
}

function ended(days: number): VerdictFacts {
  return facts({ certificates: [{ ...sampleCertificate, notAfter: new Date(NOW_MS + days * DAY_MS).toISOString() }] });
}

await t.test('it is up when all that there is takes requests', async (t) => {
  t.strictSame(verdictOf(facts()).up, { level: 'good', answer: 'Yes', facts: ['1 target, 1 worker, all in service.'] });
  t.strictSame(verdictOf(withTargets()).up.facts, ['1 worker, all in service.']);
  t.equal(verdictOf(withTargets(target('a', 'slow-start'), target('b', 'half-open'))).up.level, 'good');
});

await t.test('an upstream without a target that takes requests is down, one with fewer is not', async (t) => {
  t.strictSame(verdictOf(withTargets(target('a', 'down', 'the operator said so'))).up, { level: 'bad', answer: 'No', facts: ['app has no target left: a is down (the operator said so).'] });
  t.strictSame(verdictOf(withTargets(target('a', 'breaker-open'), target('b', 'up'))).up, { level: 'warning', answer: 'Yes, but', facts: ['app: a is breaker open (so it is).'] });
  const other = { ...target('c', 'up'), upstream: 'other' };
  t.match(verdictOf(withTargets(target('a', 'unhealthy'), other)).up, { level: 'bad', answer: 'In part' });
});

await t.test('a gateway that starts, ends or has no worker is not up', async (t) => {
  t.match(verdictOf(facts({ status: { ...sampleStatus, status: 'starting' } })).up, { level: 'bad', answer: 'No', facts: [/starting/] });
  t.match(verdictOf(facts({ status: { ...sampleStatus, status: 'draining' } })).up, { level: 'bad', answer: 'No', facts: [/shutting down/] });
  t.match(verdictOf(facts({ status: { ...sampleStatus, workers: [{ id: 1, state: 'down', generation: 4 }] } })).up, { level: 'bad', answer: 'No', facts: ['No worker is ready.'] });
  const half = { ...sampleStatus, workers: [...sampleStatus.workers, { id: 2, state: 'down', generation: 4 } as const] };
  t.match(verdictOf(facts({ status: half })).up, { level: 'warning', facts: ['1 of 2 workers are ready.'] });
});

await t.test('a certificate that ends soon or cannot be renewed, and a refused reload, are worries', async (t) => {
  t.match(verdictOf(ended(6.5)).up, { level: 'warning', facts: ['The certificate of app.example.com ends in 6 days.'] });
  t.match(verdictOf(ended(1.5)).up.facts, ['The certificate of app.example.com ends in 1 day.']);
  t.match(verdictOf(ended(-0.5)).up.facts, ['The certificate of app.example.com has ended.']);
  t.equal(verdictOf(ended(7)).up.level, 'good');
  const lastError = { text: 'the CA says no', at: '', nextAttempt: null };
  t.match(verdictOf(facts({ certificates: [{ ...sampleCertificate, lastError }] })).up.facts, ['The certificate of app.example.com could not be renewed: the CA says no']);
  t.match(verdictOf(facts({ refusal: '1 error in gateway.yaml' })).up.facts, ['The last reload was refused or taken back, generation 4 is in force: 1 error in gateway.yaml']);
});

await t.test('slow is above a second, or several times as slow as usual', async (t) => {
  t.match(verdictOf(facts()).slow, { level: 'good', answer: 'Nothing', facts: [/Too few/] });
  t.strictSame(verdictOf(withRoutes([steadyHistory('a', minute(9, 0)), steadyHistory('b', minute(9, 0, 25))])).slow.facts, ['Slowest: b, p95 25 ms.']);
  t.match(verdictOf(withRoutes([steadyHistory('a', minute(9, 0, 1500)), steadyHistory('b', minute(4, 0, 9000))])).slow, { level: 'warning', answer: '1 route', facts: ['a: p95 1.5 s.'] });
  t.strictSame(verdictOf(withRoutes([steadyHistory('a', minute(9, 0, 40), minute(9, 0, 120))])).slow.facts, ['a: p95 120 ms, usually 40 ms.']);
  t.equal(verdictOf(withRoutes([steadyHistory('a', minute(9, 0, 4), minute(9, 0, 90))])).slow.level, 'good', 'nobody notices');
  t.equal(verdictOf(withRoutes([{ ...steadyHistory('a', minute(9, 0, 40), minute(9, 0, 400)), p95Ms: [400] }])).slow.level, 'good', 'what is usual is not known yet');
});

await t.test('what fails is told with its share and its codes; without a code it was the upstream', async (t) => {
  const codes = [
    { route: 'a', code: 'no_route', lastMinute: 50, lastHour: 50 },
    { route: 'a', code: 'upstream_timeout', lastMinute: 9, lastHour: 20 },
    { route: 'a', code: 'upstream_reset', lastMinute: 0, lastHour: 20 },
  ];
  const verdict = verdictOf(withRoutes([steadyHistory('', minute(900, 2)), steadyHistory('a', minute(100, 9))], codes)).failing;
  t.strictSame(verdict, { level: 'bad', answer: '2 routes', facts: ['a: 9 of 100 failed (9.0 %), upstream_timeout 9.', '(no route): 2 of 900 failed (0.2 %), answered so by the upstream.'] });
  t.equal(verdictOf(withRoutes([steadyHistory('a', minute(100, 1))])).failing.level, 'warning');
  t.strictSame(verdictOf(withRoutes([steadyHistory('a', minute(100, 0))])).failing, { level: 'good', answer: 'Nothing', facts: ['100 requests in the last minute, none failed.'] });
  t.match(verdictOf(withRoutes([], [{ route: 'a', code: 'rate_limited', lastMinute: 3, lastHour: 3 }])).failing, { level: 'warning', answer: 'Limits only', facts: ['a: rate_limited 3.'] });
});

await t.test('a long list is cut, and says so', async (t) => {
  const routes = Array.from({ length: 9 }, (_, index) => steadyHistory(`r${index}`, minute(9, 1)));
  const { facts: told } = verdictOf(withRoutes(routes)).failing;
  t.equal(told.length, 4);
  t.equal(told.at(-1), '… and 6 more.');
});

await t.test('days, names and durations are as people say them', async (t) => {
  t.strictSame([daysLeft(null, 0), daysLeft('', 0), daysLeft(new Date(DAY_MS * 2.9).toISOString(), 0), daysLeft(new Date(0).toISOString(), 1)], [null, null, 2, -1]);
  t.strictSame([routeName(''), routeName('a')], ['(no route)', 'a']);
  t.strictSame([0.25, 9.94, 10, 999, 1000, 12_345].map((ms) => durationText(ms)), ['0.3 ms', '9.9 ms', '10 ms', '999 ms', '1.0 s', '12 s']);
});
