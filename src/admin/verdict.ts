import { ERRORS } from '../exchange/errors.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';
import { LIMIT_CODES } from './limit-codes.ts';
import type { AdminStatus, TargetStatus } from './services.ts';
import type { CodeCount, RouteHistory, StatusSnapshot, TrafficCount } from './status-source.ts';

/** The answer to one question: a word, and the facts behind it, worst first. */
interface Finding {
  readonly level: 'good' | 'warning' | 'bad';
  readonly answer: string;
  readonly facts: readonly string[];
}

/** What a person who has five seconds wants to know. */
export interface Verdict {
  readonly up: Finding;
  readonly slow: Finding;
  readonly failing: Finding;
}

export interface VerdictFacts {
  readonly status: AdminStatus;
  readonly certificates: readonly CertificateStatus[];
  /** Why the last reload was refused or taken back; null: it was not. */
  readonly refusal: string | null;
  readonly traffic: StatusSnapshot;
}

const DAY_MS = 86_400_000;
/** Renewal begins long before: whoever has so little left has a problem with it. */
const CERTIFICATE_DAYS_MIN = 7;
/** A percentile of fewer requests says nothing. */
const REQUESTS_MIN = 5;
const SLOW_MS = 1000;
/** Slower than this and several times slower than usual is worth a look, too. */
const NOTICEABLE_MS = 100;
const SLOWER_FACTOR = 3;
const FAILING_SHARE = 0.05;
const FACTS_MAX = 4;

const AVAILABLE: ReadonlySet<TargetStatus['state']> = new Set<TargetStatus['state']>(['up', 'slow-start', 'half-open']);

export function verdictOf(facts: VerdictFacts): Verdict {
  return { up: upOf(facts), slow: slowOf(facts.traffic.routes), failing: failingOf(facts.traffic) };
}

/** Whole days until a certificate ends, negative after that; null where there is none. */
export function daysLeft(notAfter: string | null, nowMs: number): number | null {
  const endMs = notAfter === null ? Number.NaN : Date.parse(notAfter);
  return Number.isNaN(endMs) ? null : Math.floor((endMs - nowMs) / DAY_MS);
}

/** The name that people know it by. */
export function routeName(route: string): string {
  return route === '' ? '(no route)' : route;
}

function upOf(facts: VerdictFacts): Finding {
  const { status } = facts;
  if (status.status !== 'ready') return { level: 'bad', answer: 'No', facts: [status.status === 'starting' ? 'Sluice is starting.' : 'Sluice is shutting down.'] };
  const upstreams = [...Map.groupBy(status.targets, ({ upstream }) => upstream)];
  const dead = upstreams.filter(([, targets]) => !targets.some(isAvailable));
  const working = status.workers.filter(({ state }) => state === 'ready').length;
  const lost = dead.map(([upstream, targets]) => `${upstream} has no target left: ${targets.map(targetWords).join('; ')}.`);
  const out = status.targets.filter((target) => !isAvailable(target) && !dead.some(([upstream]) => upstream === target.upstream));
  const worries = [
    ...out.map((target) => `${target.upstream}: ${targetWords(target)}.`),
    ...(working < status.workers.length ? [`${working} of ${status.workers.length} workers are ready.`] : []),
    ...certificateWorries(facts),
    ...reloadWorries(facts),
  ];
  if (working === 0) return { level: 'bad', answer: 'No', facts: ['No worker is ready.', ...bounded(lost)] };
  if (lost.length > 0) return { level: 'bad', answer: lost.length === upstreams.length ? 'No' : 'In part', facts: bounded([...lost, ...worries]) };
  if (worries.length > 0) return { level: 'warning', answer: 'Yes, but', facts: bounded(worries) };
  const targets = status.targets.length === 0 ? '' : `${counted(status.targets.length, 'target')}, `;
  return { level: 'good', answer: 'Yes', facts: [`${targets}${counted(working, 'worker')}, all in service.`] };
}

function isAvailable({ state }: TargetStatus): boolean {
  return AVAILABLE.has(state);
}

function targetWords({ key, state, reason }: TargetStatus): string {
  return `${key} is ${state.replace('-', ' ')} (${reason})`;
}

function certificateWorries({ certificates, traffic: { nowMs } }: VerdictFacts): string[] {
  return certificates.flatMap(({ names, notAfter, lastError }) => {
    const name = names[0] ?? '';
    const days = daysLeft(notAfter, nowMs);
    if (days !== null && days < 0) return [`The certificate of ${name} has ended.`];
    if (days !== null && days < CERTIFICATE_DAYS_MIN) return [`The certificate of ${name} ends in ${counted(days, 'day')}.`];
    return lastError === null ? [] : [`The certificate of ${name} could not be renewed: ${lastError.text}`];
  });
}

function reloadWorries({ refusal, status }: VerdictFacts): string[] {
  return refusal === null ? [] : [`The last reload was refused or taken back, generation ${status.generation} is in force: ${refusal}`];
}

function slowOf(routes: readonly RouteHistory[]): Finding {
  const measured = routes.filter(({ minute }) => minute.requests >= REQUESTS_MIN && minute.p95Ms >= 0).toSorted((a, b) => b.minute.p95Ms - a.minute.p95Ms);
  const [slowest] = measured;
  if (slowest === undefined) return { level: 'good', answer: 'Nothing', facts: ['Too few requests in the last minute to tell.'] };
  const slow = measured.flatMap((history) => {
    const usualMs = usual(history);
    const { p95Ms } = history.minute;
    const isUnusual = usualMs >= 0 && p95Ms >= NOTICEABLE_MS && p95Ms >= SLOWER_FACTOR * usualMs;
    if (p95Ms < SLOW_MS && !isUnusual) return [];
    return [`${routeName(history.route)}: p95 ${durationText(p95Ms)}${isUnusual ? `, usually ${durationText(usualMs)}` : ''}.`];
  });
  if (slow.length > 0) return { level: 'warning', answer: counted(slow.length, 'route'), facts: bounded(slow) };
  return { level: 'good', answer: 'Nothing', facts: [`Slowest: ${routeName(slowest.route)}, p95 ${durationText(slowest.minute.p95Ms)}.`] };
}

/** The middle of the last hour's p95, without the last minute or so; -1: there is not enough to say. */
function usual({ p95Ms }: RouteHistory): number {
  const values = p95Ms.slice(0, -7).filter((value) => value >= 0).toSorted((a, b) => a - b);
  return values.length < REQUESTS_MIN ? -1 : (values[values.length >> 1] ?? -1);
}

function failingOf({ routes, all, codes }: StatusSnapshot): Finding {
  const failing = routes.filter(({ minute }) => minute.errors > 0).toSorted((a, b) => b.minute.errors - a.minute.errors);
  const biting = codes.filter(({ code, lastMinute }) => lastMinute > 0 && LIMIT_CODES.has(code));
  const facts = [
    ...failing.map(({ route, minute }) => `${routeName(route)}: ${shareText(minute)}${reasons(route, codes)}.`),
    ...biting.filter(({ route }) => !failing.some((history) => history.route === route)).map(({ route, code, lastMinute }) => `${routeName(route)}: ${code} ${lastMinute}.`),
  ];
  if (failing.length === 0) {
    const answer = biting.length === 0 ? 'Nothing' : 'Limits only';
    return { level: biting.length === 0 ? 'good' : 'warning', answer, facts: facts.length > 0 ? bounded(facts) : [`${counted(all.minute.requests, 'request')} in the last minute, none failed.`] };
  }
  const isBad = failing.some(({ minute }) => minute.errors / minute.requests >= FAILING_SHARE);
  return { level: isBad ? 'bad' : 'warning', answer: counted(failing.length, 'route'), facts: bounded(facts) };
}

function shareText({ errors, requests }: TrafficCount): string {
  const percent = (errors / requests) * 100;
  return `${errors} of ${requests} failed (${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} %)`;
}

const FAILURE_CODES: ReadonlySet<string> = new Set(Object.entries(ERRORS).flatMap(([code, { status }]) => (status >= 500 ? [code] : [])));

/** Failures without a code are answers of the upstream. */
function reasons(route: string, codes: readonly CodeCount[]): string {
  const own = codes.filter((count) => count.route === route && count.lastMinute > 0 && FAILURE_CODES.has(count.code)).slice(0, 3);
  return own.length === 0 ? ', answered so by the upstream' : `, ${own.map(({ code, lastMinute }) => `${code} ${lastMinute}`).join(', ')}`;
}

export function durationText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${ms.toFixed(0)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function bounded(facts: readonly string[]): string[] {
  return facts.length <= FACTS_MAX ? [...facts] : [...facts.slice(0, FACTS_MAX - 1), `… and ${facts.length - FACTS_MAX + 1} more.`];
}
