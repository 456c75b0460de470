import type { IdleFigure } from './cases/idle.ts';
import type { LatencyFigure } from './cases/latency.ts';
import type { LifecycleFigure } from './cases/lifecycle.ts';
import { figure, table } from './markdown.ts';
import type { Figure } from './measure.ts';
import { nameOf, othersText, ratioText, summary } from './summary.ts';

export interface CaseReport {
  readonly name: string;
  readonly unit: string;
  readonly ratioMax: number | null;
  readonly figures: readonly Figure[];
}

export interface Report {
  readonly date: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly rounds: number;
  /** Of the machine over the last minute, at the start and at the end: above 2 on two cores, others were at work. */
  readonly loadAverage: readonly [before: number, after: number];
  readonly cases: readonly CaseReport[];
  readonly latency: readonly LatencyFigure[];
  readonly idle: readonly IdleFigure[];
  readonly lifecycle: readonly LifecycleFigure[];
  /** What could not be measured as it should be, and why. */
  readonly remarks: readonly string[];
}

/** What the run ends with, in Markdown: a summary that goes to the README as it is, and then every figure. */
export function textOf(report: Report): string {
  return [
    `Measured on ${report.date.slice(0, 10)}: ${report.machine}; load average ${report.loadAverage.map((load) => load.toFixed(1)).join(' to ')}; ${Object.entries(report.versions).map(([name, version]) => `${nameOf(name)} ${version}`).join(', ')}.`,
    report.cases.length === 0 ? '' : `Processor time for one unit of work, and its ratio to nginx: ${report.rounds === 1 ? 'of one round only' : `the middle of ${report.rounds} rounds`}, in brackets the lowest and the highest. The others as ratios to nginx.`,
    summary(report),
    othersText(report),
    [...report.remarks, ...latencyRemarks(report.latency), ...idleRemarks(report.idle)].map((remark) => `- ${remark.replaceAll('\n', ' ')}`).join('\n'),
    report.cases.length + report.latency.length + report.idle.length === 0 ? '' : '**All figures**',
    ...report.cases.map(caseText),
    section('5,000 requests a second, small JSON, HTTP/1.1: ms from the time at which each was due', table(['proxy', 'p50', 'p99', 'p99.9', 'answered/s', 'failed', 'resident MiB'],
      report.latency.map(({ peer, latency, answered, failed, residentMib }) => [nameOf(peer), figure(latency?.p50), figure(latency?.p99), figure(latency?.p999), figure(Math.round(answered)), String(failed), figure(residentMib)]))),
    section('Resident memory of what is open and idle', table(['what', 'proxy', 'open', 'KiB each'], report.idle.map(({ peer, kind, connections, kibEach }) => [kind, nameOf(peer), connections.toLocaleString('en'), figure(kibEach)]))),
  ].filter((text) => text !== '').join('\n\n');
}

function caseText({ name, unit, figures }: CaseReport): string {
  const rows = figures.map((one) => [nameOf(one.peer), figure(one.cpuUs), one.cpuUs === null ? '' : (1e6 / one.cpuUs).toLocaleString('en', { maximumFractionDigits: 0 }), ratioText(one), figure(Math.round(one.perSecond)), String(one.failed)]);
  return section(name, table(['proxy', `CPU µs per ${unit}`, `${unit}s per CPU second`, 'to nginx', `${unit}s/s`, 'failed'], rows));
}

function section(title: string, rows: string): string {
  return rows === '' ? '' : `**${title}**\n\n${rows}`;
}

/** Beyond it, the load and not the proxy is what a latency shows. */
const LATE_MS = 3;

/** What stands against reading the latencies. */
function latencyRemarks(figures: readonly LatencyFigure[]): string[] {
  const of = (name: string): LatencyFigure | undefined => figures.find(({ peer }) => peer === name);
  const [direct, nginx] = [of('direct')?.latency, of('nginx')?.latency];
  const floor = direct === undefined || direct === null || nginx === undefined || nginx === null || direct.p99 <= nginx.p99 + 1
    ? [] : [`Latency: without a proxy p99 was ${figure(direct.p99)} ms, with nginx ${figure(nginx.p99)} ms. The core of load and target was disturbed: do not read differences of that size.`];
  const late = figures.filter(({ latency }) => latency !== null && latency.sentP99 > LATE_MS).map(({ peer, latency }) => `${nameOf(peer)} (${figure(latency?.sentP99)} ms)`);
  const slow = figures.filter(({ latency }) => latency === null).map(({ peer, answered, asked }) => `${nameOf(peer)} could not keep up with ${asked.toLocaleString('en')} requests/s: it answered ${Math.round(answered).toLocaleString('en')}/s, and how long they waited in line says nothing about it.`);
  return [...floor, ...(late.length === 0 ? [] : [`Latency: the load itself sent late, at p99, to ${late.join(', ')}.`]), ...slow];
}

function idleRemarks(figures: readonly IdleFigure[]): string[] {
  return figures.filter(({ connections, wished }) => connections < wished).map(({ peer, kind, connections, wished, reason }) => `${nameOf(peer)} held ${connections.toLocaleString('en')} of ${wished.toLocaleString('en')} idle ${kind}s: ${reason ?? 'for no known reason'}.`);
}
