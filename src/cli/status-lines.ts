import type { TargetStatus } from '../admin/services.ts';
import type { RouteRate } from '../admin/status-board.ts';
import type { StatusView } from '../admin/status-view.ts';
import { durationText, routeName, type Verdict } from '../admin/verdict.ts';
import { plainText } from '../observe/safe-text.ts';
import type { TerminalStyle } from '../observe/terminal-style.ts';
import { levelPaint, statePaint } from './status-paint.ts';
import { tableLines, type Cell, type Column } from './table.ts';
import { cutToWidth } from './text-width.ts';
import { ageText } from './time-text.ts';

/** How it is to look. */
export interface Look {
  readonly style: TerminalStyle;
  /** Columns of the terminal; Infinity: nothing is cut. */
  readonly width: number;
}

type CertificateView = StatusView['certificates']['items'][number];

const LINE_BYTES_MAX = 4000;
/** Answers are short, so that what is behind them stands below each other. */
const ANSWER_WIDTH = 22;
const QUESTIONS = [['up', 'Up'], ['slow', 'Slow'], ['failing', 'Failing']] as const;

/** A line of its own, cut to the width. */
export function oneLine(text: string, { width }: Pick<Look, 'width'>): string {
  return cutToWidth(plainText(text, LINE_BYTES_MAX), width);
}

/** The answers to the three questions, and so many facts behind each. */
export function verdictLines(verdict: Verdict, factsMax: number, look: Look): string[] {
  return QUESTIONS.flatMap(([name, title]) => {
    const { level, answer, facts } = verdict[name];
    const head = oneLine(`${title}: ${answer}`.padEnd(ANSWER_WIDTH), look);
    const [first = '', ...others] = facts.slice(0, factsMax);
    const rest = oneLine(first, { width: look.width - ANSWER_WIDTH });
    return [`${levelPaint(level, look.style)(head)}${rest}`, ...others.map((fact) => oneLine(' '.repeat(ANSWER_WIDTH) + fact, look))];
  });
}

/** At most so many rows, and how many more there are; one row is always there. */
function boundedTable(columns: readonly Column[], rows: readonly (readonly Cell[])[], total: number, rowsMax: number, look: Look): string[] {
  const isCut = total > rowsMax;
  const shown = isCut ? rows.slice(0, Math.max(rowsMax - 1, 1)) : rows;
  const lines = tableLines(columns, shown, look.width);
  return total > shown.length ? [...lines, look.style.faint(oneLine(`… and ${total - shown.length} more`, look))] : lines;
}

const ROUTES: readonly Column[] = [
  { heading: 'ROUTE', givesWay: true }, { heading: 'REQUESTS/S', isNumber: true }, { heading: 'ERRORS', isNumber: true },
  { heading: 'P50', isNumber: true }, { heading: 'P95', isNumber: true },
];

/** Routes with what they had in the last minute. */
export function routeTable(routes: readonly RouteRate[], rowsMax: number, look: Look): string[] {
  const rows = routes.slice(0, rowsMax).map(({ route, perSecond, minute }): Cell[] => [
    routeName(route), rateText(perSecond),
    { text: shareText(minute.errors, minute.requests), paint: minute.errors > 0 ? look.style.bad : look.style.faint },
    timeText(minute.p50Ms), timeText(minute.p95Ms),
  ]);
  return boundedTable(ROUTES, rows, routes.length, rowsMax, look);
}

const TARGETS: readonly Column[] = [
  { heading: 'UPSTREAM', givesWay: true }, { heading: 'TARGET', givesWay: true }, { heading: 'STATE' }, { heading: 'SINCE', isNumber: true },
  { heading: 'IN FLIGHT', isNumber: true }, { heading: 'REASON', givesWay: true },
];

/** @param total how many there are, where not all are known. */
export function targetTable(targets: readonly TargetStatus[], total: number, rowsMax: number, nowMs: number, look: Look): string[] {
  const rows = targets.slice(0, rowsMax).map(({ upstream, key, state, sinceMs, inFlight, reason }): Cell[] => [
    upstream, key, { text: state, paint: statePaint(state, look.style) }, sinceMs <= 0 ? '-' : ageText(nowMs - sinceMs), String(inFlight), reason,
  ]);
  return boundedTable(TARGETS, rows, total, rowsMax, look);
}

const CERTIFICATES: readonly Column[] = [
  { heading: 'CERTIFICATE', givesWay: true }, { heading: 'SOURCE' }, { heading: 'DAYS LEFT', isNumber: true }, { heading: 'RENEWAL', givesWay: true },
];

export function certificateTable(certificates: readonly CertificateView[], total: number, rowsMax: number, look: Look): string[] {
  const rows = certificates.slice(0, rowsMax).map(({ names, source, daysLeft, renewal, error }): Cell[] => [
    names.length > 1 ? `${names[0] ?? ''} and ${names.length - 1} more` : (names[0] ?? ''),
    source, daysLeft === null ? 'none yet' : String(daysLeft),
    error === '' ? renewal.why : { text: `failed: ${error}`, paint: look.style.bad },
  ]);
  return boundedTable(CERTIFICATES, rows, total, rowsMax, look);
}

/** Three digits are what an eye compares. */
export function rateText(perSecond: number): string {
  return perSecond.toFixed(perSecond < 100 ? 1 : 0);
}

export function shareText(part: number, whole: number): string {
  const percent = whole === 0 ? 0 : (part / whole) * 100;
  return percent === 0 ? '0 %' : `${percent < 10 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}

export function timeText(ms: number): string {
  return ms < 0 ? '-' : durationText(ms);
}
