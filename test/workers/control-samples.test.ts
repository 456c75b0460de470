import t from 'tap';
import type { MemberState } from '../../src/balance/member-status.ts';
import { controlSamples } from '../../src/workers/control-samples.ts';
import type { CountedTarget } from '../../src/workers/target-counts.ts';
import { sampleCertificate, sampleStatus } from '../admin/sample-services.ts';
import { flat } from '../observe/metrics/sample-measured.ts';

type Facts = Parameters<typeof controlSamples>[0];

const QUIET: Facts = {
  version: '1.2.3', isReady: true, generation: 4, connections: 2, streams: new Map(), tunnels: new Map(), targets: [], targetsMax: 10, breakers: [], certificates: [], workers: [], workerDeaths: 0,
};

function told(facts: Partial<Facts>): Record<string, number[]> {
  return flat(controlSamples({ ...QUIET, ...facts }));
}

function target(key: string, state: MemberState = 'up'): CountedTarget {
  const [status] = sampleStatus.targets;
  if (status === undefined) throw new Error('the sample has a target');
  return { status: { ...status, key, state }, requests: 7, failures: 2, ejections: 1 };
}

await t.test('what runs', async (t) => {
  t.match(told({ streams: new Map([['a', 3]]), workerDeaths: 1, workers: [{ number: 1, isUp: true, ageMs: 200 }, { number: 2, isUp: false, ageMs: -1 }] }), {
    [`sluice_build_info 1.2.3|${process.version}`]: [1], sluice_ready: [1], sluice_config_generation: [4], sluice_connections_open: [2], 'sluice_event_streams_open a': [3],
    'sluice_worker_up 1': [1], 'sluice_worker_up 2': [0], 'sluice_worker_metrics_age_seconds 1': [0.2], sluice_worker_restarts_total: [1],
  });
  const now = told({});
  t.ok(Math.abs(now['process_start_time_seconds']![0]! - Date.now() / 1000) < 3600);
  t.ok(now['process_cpu_seconds_total']![0]! > 0 && now['process_resident_memory_bytes']![0]! > 1e6);
});

await t.test('a target is in one state, and available where requests may go to it', async (t) => {
  for (const [state, available] of [['up', 1], ['slow-start', 1], ['half-open', 1], ['breaker-open', 0], ['ejected', 0], ['unhealthy', 0], ['draining', 0], ['down', 0]] as const) {
    const samples = told({ targets: [target('api:1', state)] });
    t.strictSame(samples['sluice_upstream_target_available app|api:1'], [available], state);
    const states = Object.entries(samples).filter(([name]) => name.startsWith('sluice_upstream_target_state '));
    t.equal(states.length, 8);
    t.strictSame(states.filter(([, [value]]) => value === 1).map(([name]) => name), [`sluice_upstream_target_state app|api:1|${state}`]);
  }
});

await t.test('an upstream with a breaker for the whole says in which of its states that is', async (t) => {
  const samples = told({ breakers: [{ upstream: 'app', state: 'half-open' }, { upstream: 'web', state: 'closed' }] });
  const states = Object.entries(samples).filter(([name]) => name.startsWith('sluice_upstream_breaker_state '));
  t.strictSame(states.map(([name, [value]]) => `${name.split(' ')[1]} ${value}`), ['app|closed 0', 'app|open 0', 'app|half-open 1', 'web|closed 1', 'web|open 0', 'web|half-open 0']);
});

await t.test('targets beyond the bound are added up by upstream', async (t) => {
  const samples = told({ targets: ['a', 'b', 'c'].map((key) => target(key)), targetsMax: 1 });
  t.match(samples, {
    'sluice_upstream_requests_total app|a': [7], 'sluice_upstream_requests_total app|(others)': [14], 'sluice_upstream_failures_total app|(others)': [4],
    'sluice_upstream_requests_in_flight app|(others)': [4],
  });
  t.notOk('sluice_upstream_target_available app|b' in samples);
});

await t.test('of certificates with the same first name, the one that ends first counts', async (t) => {
  const later = { ...sampleCertificate, notAfter: '2027-01-01T00:00:00.000Z' };
  const failed = { ...sampleCertificate, names: ['b.test'], notAfter: null, renewal: { at: null, why: '' }, lastError: { text: 'no', at: '', nextAttempt: null } };
  const samples = told({ certificates: [later, sampleCertificate, failed, { ...later, source: 'file' as const }] });
  t.match(samples, {
    'sluice_certificate_not_after_timestamp_seconds app.example.com|acme': [Date.UTC(2026, 3, 1) / 1000],
    'sluice_certificate_not_after_timestamp_seconds app.example.com|file': [Date.UTC(2027, 0, 1) / 1000],
    'sluice_certificate_renewal_timestamp_seconds app.example.com|acme': [Date.UTC(2026, 2, 1) / 1000],
    'sluice_certificate_renewal_failed app.example.com|acme': [0], 'sluice_certificate_renewal_failed b.test|acme': [1],
  });
  t.notOk('sluice_certificate_not_after_timestamp_seconds b.test|acme' in samples, 'there is none that could end');
  const many = Array.from({ length: 1500 }, (_, index) => ({ ...later, names: [`h${index}.test`] }));
  const names = Object.keys(told({ certificates: [...many, sampleCertificate] })).filter((name) => name.includes('not_after'));
  t.equal(names.length, 1000);
  t.ok(names.some((name) => name.includes('app.example.com')), 'whatever ends soon is among them');
});
