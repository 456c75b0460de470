import type { HealthView } from '../admin/health-view.ts';
import type { StatusBoard } from '../admin/status-board.ts';
import type { StatusView } from '../admin/status-view.ts';
import { daysLeft, routeName } from '../admin/verdict.ts';
import type { TerminalStyle } from '../observe/terminal-style.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';
import { certificateTable, oneLine, routeTable, targetTable, verdictLines } from './status-lines.ts';
import { codePaint } from './status-paint.ts';
import { tableLines, type Cell, type Column } from './table.ts';
import { ageText } from './time-text.ts';

interface ReportFacts {
  readonly health: HealthView;
  readonly certificates: readonly CertificateStatus[];
  /** Null: it could not be had. */
  readonly board: StatusBoard | null;
  readonly nowMs: number;
}

type ErrorView = StatusView['errors']['items'][number];

const WORDS = { starting: 'is starting', ready: 'is ready', draining: 'is shutting down' } as const;
const ROWS_MAX = 30;
const ERRORS_MAX = 10;
const MINUTE_S = 60;
const ERRORS: readonly Column[] = [
  { heading: 'AGO', isNumber: true }, { heading: 'STATUS', isNumber: true }, { heading: 'CODE' }, { heading: 'ROUTE' }, { heading: 'TARGET' }, { heading: 'REQUEST ID' }, { heading: 'REASON' },
];

/** The lines of `sluice status`. Whole: who reads it may search in it. */
export function statusReport({ health, certificates, board, nowMs }: ReportFacts, style: TerminalStyle): string[] {
  const look = { style, width: Infinity };
  const targets = health.targets.toSorted((a, b) => Number(a.state === 'up') - Number(b.state === 'up'));
  const views = certificates.map((certificate) => ({ ...certificate, daysLeft: daysLeft(certificate.notAfter, nowMs), error: certificate.lastError?.text ?? '' }));
  const due = views.toSorted((a, b) => (a.daysLeft ?? -1) - (b.daysLeft ?? -1));
  const lines = headLines(health).map((line) => oneLine(line, look));
  if (board?.view !== null && board?.view !== undefined) lines.push('', ...verdictLines(board.view.verdict, Infinity, look));
  if (targets.length > 0) lines.push('', ...targetTable(targets, targets.length, ROWS_MAX, nowMs, look));
  if (due.length > 0) lines.push('', ...certificateTable(due, due.length, ROWS_MAX, look));
  return [...lines, ...trafficLines(board, health, style)];
}

function headLines({ status, version, generation, uptimeSeconds, workers, listeners, routes }: HealthView): string[] {
  const ready = workers.filter(({ state }) => state === 'ready').length;
  const others = workers.filter(({ state }) => state !== 'ready').map(({ id, state }) => `worker ${id} is ${state}`);
  return [
    `Sluice ${version} ${WORDS[status]}: generation ${generation}, up for ${ageText(uptimeSeconds * 1000)}, ${ready} of ${workers.length} workers ready${others.length === 0 ? '' : ` (${others.join(', ')})`}, ${routes} ${routes === 1 ? 'route' : 'routes'}`,
    `Listens on ${listeners.map(({ kind, address }) => `${kind} ${address}`).join(', ')}`,
  ];
}

function trafficLines(board: StatusBoard | null, { uptimeSeconds }: HealthView, style: TerminalStyle): string[] {
  if (board?.view === null || board === null) return ['', 'There are no figures of traffic: as many follow the status of this gateway as may.'];
  const look = { style, width: Infinity };
  // Of a gateway that has just started, the last minute is shorter.
  const seconds = Math.min(MINUTE_S, Math.max(uptimeSeconds, 1));
  const routes = board.routes.map((rate) => ({ ...rate, perSecond: rate.minute.requests / seconds }));
  const lines = routes.length === 0 ? ['', 'No requests in the last minute.'] : ['', 'In the last minute:', ...routeTable(routes, ROWS_MAX, look)];
  const errors = board.view.errors.items.slice(0, ERRORS_MAX);
  if (errors.length === 0) return lines;
  return [...lines, '', 'The last errors:', ...tableLines(ERRORS, errors.map((error) => errorCells(error, board.nowMs, style)))];
}

function errorCells({ time, status, code, route, target, requestId, reason, method, host, path }: ErrorView, nowMs: number, style: TerminalStyle): Cell[] {
  return [
    ageText(nowMs - Date.parse(time)), { text: String(status), paint: codePaint(status, style) }, code === '' ? '-' : code, routeName(route),
    target === '' ? '-' : target, requestId, reason === '' ? `${method} ${host}${path}` : reason,
  ];
}
