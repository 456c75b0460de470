import t from 'tap';
import { healthView } from '../../src/admin/health-view.ts';
import type { TargetStatus } from '../../src/admin/services.ts';
import { sampleCertificate, sampleStatus } from './sample-services.ts';

function target(upstream: string, key: string, state: TargetStatus['state']): TargetStatus {
  return { ...sampleStatus.targets[0]!, upstream, key, state };
}

await t.test('routes become a number, everything else stays', async (t) => {
  const { routes, upstreams, certificates, ...rest } = healthView(sampleStatus, []);
  const { routes: all, ...status } = sampleStatus;
  t.equal(routes, all.length);
  t.strictSame(rest, status);
  t.equal(upstreams.length, 1);
  t.strictSame(certificates, { total: 0, waiting: 0, failing: 0, firstNotAfter: null });
});

await t.test('of each upstream is told how many of its targets take requests', async (t) => {
  const states = ['up', 'slow-start', 'half-open', 'unhealthy', 'ejected', 'breaker-open', 'draining', 'down'] as const;
  const targets = [...states.map((state) => target('a', state, state)), target('b', 'x', 'down')];
  t.strictSame(healthView({ ...sampleStatus, targets }, []).upstreams, [{ name: 'a', targets: 8, available: 3 }, { name: 'b', targets: 1, available: 0 }]);
});

await t.test('certificates: those that wait, those that fail, and the first end', async (t) => {
  const waiting = { ...sampleCertificate, notAfter: null, pendingSince: '2026-01-01T00:00:00.000Z' };
  const failing = { ...sampleCertificate, notAfter: '2026-02-01T00:00:00.000Z', lastError: { text: 'no', at: '2026-01-01T00:00:00.000Z', nextAttempt: null } };
  const undated = { ...sampleCertificate, notAfter: '' };
  t.strictSame(healthView(sampleStatus, [sampleCertificate, waiting, failing, undated]).certificates, { total: 4, waiting: 1, failing: 1, firstNotAfter: '2026-02-01T00:00:00.000Z' });
});
