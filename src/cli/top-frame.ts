import type { StatusBoard } from '../admin/status-board.ts';
import type { StatusView } from '../admin/status-view.ts';
import { clockTime } from '../observe/terminal-style.ts';
import { certificateTable, oneLine, rateText, routeTable, shareText, targetTable, timeText, verdictLines, type Look } from './status-lines.ts';
import { ageText } from './time-text.ts';

interface FrameOptions extends Look {
  /** Lines of the terminal; Infinity: nothing is left out. */
  readonly height: number;
  /** Said above everything; '': nothing. */
  readonly notice: string;
}

type Certificates = StatusView['certificates'];

/** So little time left is shown, or what has failed. Renewal begins earlier. */
const DUE_DAYS = 14;
const CERTIFICATES_MAX = 4;
/** Below it, the worst fact of each kind must do: tables are worth more. */
const TALL_LINES = 40;
/** A row, and how many more there are. */
const ROWS_MIN = 2;
/** A table is its headings, and a line of space before them. */
const TABLE_LINES = 2;
const WORDS = { starting: 'starting', ready: 'ready', draining: 'shutting down' } as const;

/** What `sluice top` shows: its lines, none longer and not more of them than fit. */
export function topFrame(board: StatusBoard, options: FrameOptions): string[] {
  const { view, nowMs, routes } = board;
  if (view === null) return [];
  const due = dueCertificates(view.certificates);
  const head = headLines(board, view, options);
  const certificateRows = Math.min(due.length, CERTIFICATES_MAX);
  const certificateLines = view.certificates.total === 0 ? 0 : Math.max(certificateRows + TABLE_LINES, 2);
  const left = Math.max(options.height - head.length - certificateLines - 2 * TABLE_LINES, 2 * ROWS_MIN);
  // Targets get a third, and what routes do not need.
  const targetRows = Math.max(Math.floor(left / 3), left - Math.max(routes.length, 1), ROWS_MIN);
  const targetsShown = Math.min(view.targets.total, targetRows);
  const lines = [
    ...head,
    '', ...(routes.length === 0 ? [oneLine('No requests in the last minute.', options)] : routeTable(routes, Math.max(left - targetsShown, ROWS_MIN), options)),
    ...(view.targets.total === 0 ? [] : ['', ...targetTable(view.targets.items, view.targets.total, targetRows, nowMs, options)]),
    ...(view.certificates.total === 0 ? [] : ['', ...(due.length === 0 ? [noneDue(view.certificates, options)] : certificateTable(due, due.length, certificateRows, options))]),
  ];
  return lines.slice(0, options.height);
}

function headLines({ all, nowMs }: StatusBoard, { gateway, verdict }: StatusView, options: FrameOptions): string[] {
  const { state, version, generation, startedMs, workers, workersReady } = gateway;
  const { perSecond, minute } = all;
  return [
    ...(options.notice === '' ? [] : [options.style.bad(oneLine(options.notice, options))]),
    oneLine(`${clockTime(nowMs)}  Sluice ${version} ${WORDS[state]}, generation ${generation}, up for ${ageText(nowMs - startedMs)}, ${workersReady} of ${workers} workers`, options),
    oneLine(`${rateText(perSecond)} requests/s; in the last minute ${shareText(minute.errors, minute.requests)} errors, p50 ${timeText(minute.p50Ms)}, p95 ${timeText(minute.p95Ms)}`, options),
    ...verdictLines(verdict, options.height < TALL_LINES ? 1 : Infinity, options),
  ];
}

function dueCertificates({ items }: Certificates): Certificates['items'] {
  return items.filter(({ daysLeft, error }) => error !== '' || daysLeft === null || daysLeft < DUE_DAYS);
}

function noneDue({ items, total }: Certificates, look: Look): string {
  return oneLine(`Certificates: ${total}, none due; the first ends in ${items[0]?.daysLeft ?? 0} days.`, look);
}
