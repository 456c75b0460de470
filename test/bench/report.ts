import type { IdleFigure } from './cases/idle.ts';
import type { LatencyFigure } from './cases/latency.ts';
import type { LifecycleFigure } from './cases/lifecycle.ts';
import type { Figure } from './measure.ts';

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
  /** Of the machine over the last minute, at the start and at the end: above 2 on two cores, others were at work. */
  readonly loadAverage: readonly [before: number, after: number];
  readonly cases: readonly CaseReport[];
  readonly latency: readonly LatencyFigure[];
  readonly idle: readonly IdleFigure[];
  readonly lifecycle: readonly LifecycleFigure[];
  readonly skipped: readonly string[];
}

/** The tables that the run ends with, in Markdown. */
export function textOf(report: Report): string {
  return [
    `${report.date}, ${report.machine}`,
    `load average ${report.loadAverage.map((load) => load.toFixed(1)).join(' to ')}; ${Object.entries(report.versions).map(([name, version]) => `${name} ${version}`).join(', ')}`,
    ...report.cases.map(caseText),
    table('5,000 requests a second, small JSON, HTTP/1.1 (ms from when due)', ['proxy', 'p50', 'p99', 'p99.9', 'resident MiB', 'failed'],
      report.latency.map(({ peer, p50, p99, p999, residentMib, failed }) => [peer, p50.toFixed(2), p99.toFixed(2), p999.toFixed(2), residentMib === 0 ? '' : residentMib.toFixed(0), String(failed)])),
    table('Resident memory of what is open and idle', ['what', 'proxy', 'open', 'KiB each'], report.idle.map(({ peer, kind, connections, kibEach }) => [kind, peer, String(connections), kibEach.toFixed(1)])),
    table('Start and reload (ms to the first answer)', ['proxy', 'start', 'reload'], report.lifecycle.map(({ peer, startMs, reloadMs }) => [peer, startMs.toFixed(0), reloadMs?.toFixed(0) ?? ''])),
    ...report.skipped,
  ].filter((text) => text !== '').join('\n\n');
}

function caseText({ name, unit, ratioMax, figures }: CaseReport): string {
  const rows = figures.map(({ peer, cpuUs, ratio, ratios, perSecond, failed }) => [
    peer, cpuUs?.toFixed(1) ?? '', ratio?.toFixed(2) ?? '', ratios === null ? '' : ratios.map((value) => value.toFixed(2)).join(' to '), perSecond.toFixed(0), String(failed),
  ]);
  return table(`${name}${ratioMax === null ? '' : ` (target: ${ratioMax})`}`, ['proxy', `CPU µs per ${unit}`, 'to nginx', 'rounds', `${unit}s/s`, 'failed'], rows);
}

function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const widths = head.map((text, column) => Math.max(text.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  return [`**${title}**`, '', line(head), `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`, ...rows.map(line)].join('\n');
}
