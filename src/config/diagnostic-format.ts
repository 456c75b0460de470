import type { Diagnostic } from './diagnostic.ts';

/** Longer source lines are shown as a window around the caret. */
const SHOWN_CHARS_MAX = 120;

const RESET = '\u001b[0m';
const BOLD = '\u001b[1m';
const RED = '\u001b[31m';
const YELLOW = '\u001b[33m';
const CYAN = '\u001b[36m';

interface FormatOptions {
  /** Marks severity, place and caret with ANSI colours. */
  readonly color: boolean;
}

/** All diagnostics as text for a terminal: place and sentence, the line with a caret below it, what would be right. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], { color }: FormatOptions): string {
  return diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, color)).join('\n');
}

function formatDiagnostic(diagnostic: Diagnostic, color: boolean): string {
  const paint = (code: string, text: string): string => (color ? `${code}${text}${RESET}` : text);
  const severityColor = diagnostic.severity === 'error' ? RED : YELLOW;
  const place = diagnostic.line === 0 ? diagnostic.file : `${diagnostic.file}:${diagnostic.line}:${diagnostic.column}`;
  const lines = [`${paint(BOLD, `${printable(place)}:`)} ${paint(severityColor, `${diagnostic.severity}:`)} ${printable(diagnostic.message)}`];
  if (diagnostic.sourceLine !== null) {
    const window = windowAround(diagnostic.sourceLine, diagnostic.column - 1, diagnostic.width);
    const number = String(diagnostic.line).padStart(5);
    lines.push(`${paint(CYAN, `${number} |`)} ${window.text}`);
    lines.push(`${paint(CYAN, '      |')} ${' '.repeat(window.offset)}${paint(severityColor, '^'.repeat(window.width))}`);
  }
  if (diagnostic.hint !== null) lines.push(`        ${printable(diagnostic.hint)}`);
  return `${lines.join('\n')}\n`;
}

/** The part of a line that fits, where the caret starts in it, and how many columns it covers. */
function windowAround(line: string, column: number, width: number): { text: string; offset: number; width: number } {
  const start = line.length > SHOWN_CHARS_MAX ? Math.max(0, Math.min(column - 40, line.length - SHOWN_CHARS_MAX)) : 0;
  const end = Math.min(line.length, start + SHOWN_CHARS_MAX);
  const before = start > 0 ? '… ' : '';
  const after = end < line.length ? ' …' : '';
  return {
    text: `${before}${printable(line.slice(start, end))}${after}`,
    offset: before.length + column - start,
    width: Math.max(1, Math.min(width, end - column)),
  };
}

/** One column per character and nothing a terminal would obey: what a file holds must not move the cursor. */
function printable(text: string): string {
  return text.replaceAll('\t', ' ').replaceAll(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '\u{fffd}');
}
