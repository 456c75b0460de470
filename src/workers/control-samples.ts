import type { BreakerState, BreakerStatus } from '../balance/breaker-status.ts';
import type { MemberState } from '../balance/member-status.ts';
import { CONTROL_METRICS, type ControlMetricId } from '../observe/metrics/catalogue.ts';
import type { Sample } from '../observe/metrics/sample.ts';
import { OTHERS } from '../observe/metrics/worker-metrics.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';
import type { CountedTarget } from './target-counts.ts';

/** What the control plane knows at the moment of an answer. */
interface ControlFacts {
  readonly version: string;
  readonly isReady: boolean;
  readonly generation: number;
  readonly connections: number;
  /** Only routes that have some, with a series of their own. */
  readonly streams: ReadonlyMap<string, number>;
  readonly tunnels: ReadonlyMap<string, number>;
  readonly targets: readonly CountedTarget[];
  /** Of these, how many have series of their own. */
  readonly targetsMax: number;
  readonly breakers: readonly BreakerStatus[];
  readonly certificates: readonly CertificateStatus[];
  readonly workers: readonly { readonly number: number; readonly isUp: boolean; readonly ageMs: number }[];
  readonly workerDeaths: number;
}

const STATES: readonly MemberState[] = ['up', 'slow-start', 'unhealthy', 'ejected', 'breaker-open', 'half-open', 'draining', 'down'];
const BREAKER_STATES: readonly BreakerState[] = ['closed', 'open', 'half-open'];
/** Requests may go to a target in one of these. */
const AVAILABLE: ReadonlySet<MemberState> = new Set<MemberState>(['up', 'slow-start', 'half-open']);
/** With certificates on demand there may be many: those that end first matter. */
const CERTIFICATES_MAX = 1000;
const NONE: Sample['exemplars'] = [];

export function sampleOf(metric: ControlMetricId, value: number, ...labels: string[]): Sample {
  return { metric: CONTROL_METRICS[metric], labels, values: [value], exemplars: NONE };
}

export function controlSamples(facts: ControlFacts): Sample[] {
  return [
    sampleOf('build', 1, facts.version, process.version),
    sampleOf('ready', Number(facts.isReady)),
    sampleOf('generation', facts.generation),
    sampleOf('connections', facts.connections),
    ...[...facts.streams].map(([route, count]) => sampleOf('streams', count, route)),
    ...[...facts.tunnels].map(([route, count]) => sampleOf('tunnels', count, route)),
    ...targetSamples(facts.targets.slice(0, facts.targetsMax)),
    ...otherTargets(facts.targets.slice(facts.targetsMax)),
    ...breakerSamples(facts.breakers),
    ...certificateSamples(facts.certificates),
    sampleOf('workerRestarts', facts.workerDeaths),
    ...facts.workers.flatMap(({ number, isUp, ageMs }) => [
      sampleOf('workerUp', Number(isUp), String(number)),
      ...(ageMs < 0 ? [] : [sampleOf('workerAge', ageMs / 1000, String(number))]),
    ]),
    ...processSamples(),
  ];
}

function targetSamples(targets: readonly CountedTarget[]): Sample[] {
  return targets.flatMap(({ status, requests, failures, ejections }) => {
    const { upstream, key, state, inFlight } = status;
    return [
      sampleOf('targetRequests', requests, upstream, key),
      sampleOf('targetFailures', failures, upstream, key),
      sampleOf('ejections', ejections, upstream, key),
      sampleOf('targetInFlight', inFlight, upstream, key),
      sampleOf('targetAvailable', Number(AVAILABLE.has(state)), upstream, key),
      ...STATES.map((name) => sampleOf('targetState', Number(name === state), upstream, key, name)),
    ];
  });
}

/** Added up for each upstream; a state is nothing to be added. */
function otherTargets(targets: readonly CountedTarget[]): Sample[] {
  const upstreams = Map.groupBy(targets, ({ status }) => status.upstream);
  return [...upstreams].flatMap(([upstream, members]) => [
    sampleOf('targetRequests', sum(members.map(({ requests }) => requests)), upstream, OTHERS),
    sampleOf('targetFailures', sum(members.map(({ failures }) => failures)), upstream, OTHERS),
    sampleOf('ejections', sum(members.map(({ ejections }) => ejections)), upstream, OTHERS),
    sampleOf('targetInFlight', sum(members.map(({ status }) => status.inFlight)), upstream, OTHERS),
  ]);
}

function breakerSamples(breakers: readonly BreakerStatus[]): Sample[] {
  return breakers.flatMap(({ upstream, state }) => BREAKER_STATES.map((name) => sampleOf('breakerState', Number(name === state), upstream, name)));
}

/** Of certificates with the same first name and source, the one that ends first. */
function certificateSamples(certificates: readonly CertificateStatus[]): Sample[] {
  const seen = new Set<string>();
  const sooner = certificates.toSorted((a, b) => secondsOf(a.notAfter) - secondsOf(b.notAfter)).slice(0, CERTIFICATES_MAX);
  return sooner.flatMap(({ names, source, notAfter, renewal, lastError }) => {
    const host = names[0] ?? '';
    const key = `${source} ${host}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [
      ...(notAfter === null ? [] : [sampleOf('certificateEnd', secondsOf(notAfter), host, source)]),
      ...(renewal.at === null ? [] : [sampleOf('certificateRenewal', secondsOf(renewal.at), host, source)]),
      sampleOf('certificateFailed', Number(lastError !== null), host, source),
    ];
  });
}

/** 0 for what is no date: such a certificate has ended. */
function secondsOf(iso: string | null): number {
  return iso === null ? 0 : (Date.parse(iso) || 0) / 1000;
}

function processSamples(): Sample[] {
  const { user, system } = process.cpuUsage();
  return [
    sampleOf('cpu', (user + system) / 1e6),
    sampleOf('memory', process.memoryUsage.rss()),
    sampleOf('start', performance.timeOrigin / 1000),
  ];
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
