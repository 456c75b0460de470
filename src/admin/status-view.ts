import type { RecentRequest } from '../observe/recent-request.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';
import type { GenerationRecord } from './generation-history.ts';
import { LIMIT_CODES } from './limit-codes.ts';
import type { AdminStatus, ListenerStatus, RouteStatus, TargetStatus } from './services.ts';
import type { CodeCount, StatusSnapshot } from './status-source.ts';
import { daysLeft, verdictOf, type Verdict } from './verdict.ts';

/** Everything the status page shows beside its plots, section by section. Plain data; every list is bounded. */
export interface StatusView {
  readonly verdict: Verdict;
  readonly gateway: GatewayView;
  readonly routes: Listed<RouteStatus>;
  readonly targets: Listed<TargetStatus>;
  readonly certificates: Listed<CertificateView>;
  readonly limits: Listed<LimitView>;
  readonly codes: Listed<CodeCount>;
  readonly errors: Listed<ErrorView>;
  readonly generations: Listed<GenerationRecord>;
}

/** The first of a list, and how many there are. */
interface Listed<T> {
  readonly items: readonly T[];
  readonly total: number;
}

interface GatewayView {
  readonly state: AdminStatus['status'];
  readonly version: string;
  readonly generation: number;
  readonly startedMs: number;
  readonly listeners: readonly ListenerStatus[];
  readonly workers: number;
  readonly workersReady: number;
}

interface CertificateView extends Pick<CertificateStatus, 'names' | 'source' | 'notAfter' | 'renewal'> {
  readonly daysLeft: number | null;
  /** '' where nothing is wrong. */
  readonly error: string;
}

interface LimitView extends CodeCount {
  /** In words. */
  readonly limits: string;
}

type ErrorView = Pick<RecentRequest, 'requestId' | 'time' | 'method' | 'host' | 'path' | 'status' | 'code' | 'reason' | 'route' | 'target' | 'client' | 'requestMs'>;

export interface ViewFacts {
  readonly status: AdminStatus;
  readonly certificates: readonly CertificateStatus[];
  /** The newest first. */
  readonly generations: readonly GenerationRecord[];
  /** Why the last reload was refused or taken back; null: it was not. */
  readonly refusal: string | null;
  readonly errors: readonly RecentRequest[];
  readonly traffic: StatusSnapshot;
}

const ROWS_MAX = 200;
const CODES_MAX = 40;
const ERRORS_MAX = 40;
const REFUSALS_MAX = 15;
const GENERATIONS_MAX = 20;
/** What may take no requests comes first, and what is as it should be last. */
const STATE_ORDER: readonly TargetStatus['state'][] = ['down', 'unhealthy', 'ejected', 'breaker-open', 'half-open', 'draining', 'slow-start', 'up'];

export function statusView(facts: ViewFacts): StatusView {
  const { status, certificates, generations, traffic } = facts;
  const { nowMs, codes } = traffic;
  return {
    verdict: verdictOf(facts),
    gateway: gatewayOf(status, nowMs),
    routes: listed(status.routes, ROWS_MAX),
    targets: listed(status.targets.toSorted((a, b) => rankOf(a) - rankOf(b)), ROWS_MAX),
    certificates: listed(certificates.map((certificate) => certificateOf(certificate, nowMs)).toSorted((a, b) => (a.daysLeft ?? -1) - (b.daysLeft ?? -1)), ROWS_MAX),
    limits: listed(codes.flatMap((count) => limitOf(count)), CODES_MAX),
    codes: listed(codes.filter(({ code }) => !LIMIT_CODES.has(code)), CODES_MAX),
    errors: errorsOf(facts.errors),
    generations: listed(generations, GENERATIONS_MAX),
  };
}

function gatewayOf({ status, version, generation, uptimeSeconds, listeners, workers }: AdminStatus, nowMs: number): GatewayView {
  return {
    state: status, version, generation, listeners,
    startedMs: nowMs - uptimeSeconds * 1000,
    workers: workers.length,
    workersReady: workers.filter(({ state }) => state === 'ready').length,
  };
}

function rankOf({ state }: TargetStatus): number {
  return STATE_ORDER.indexOf(state);
}

function certificateOf({ names, source, notAfter, renewal, lastError }: CertificateStatus, nowMs: number): CertificateView {
  return { names, source, notAfter, renewal, daysLeft: daysLeft(notAfter, nowMs), error: lastError?.text ?? '' };
}

function limitOf(count: CodeCount): LimitView[] {
  const limits = LIMIT_CODES.get(count.code);
  return limits === undefined ? [] : [{ ...count, limits }];
}

/** A scan that meets refusals by the hundred must not push out what has failed. */
function errorsOf(errors: readonly RecentRequest[]): Listed<ErrorView> {
  const newest = errors.toSorted((a, b) => b.endedAtMs - a.endedAtMs);
  const refusals = newest.filter(({ status }) => status < 500).slice(0, REFUSALS_MAX);
  const failures = newest.filter(({ status }) => status >= 500).slice(0, ERRORS_MAX - refusals.length);
  const items = [...failures, ...refusals].toSorted((a, b) => b.endedAtMs - a.endedAtMs);
  return { total: errors.length, items: items.map((request) => errorOf(request)) };
}

function errorOf({ requestId, time, method, host, path, status, code, reason, route, target, client, requestMs }: RecentRequest): ErrorView {
  return { requestId, time, method, host, path, status, code, reason, route, target, client, requestMs };
}

function listed<T>(items: readonly T[], max: number): Listed<T> {
  return { items: items.slice(0, max), total: items.length };
}
