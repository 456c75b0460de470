export type Paint = (text: string) => string;

/** Colours by meaning; without colour every one returns its text. */
export interface TerminalStyle {
  readonly faint: Paint;
  readonly good: Paint;
  readonly notable: Paint;
  readonly warning: Paint;
  readonly bad: Paint;
}

export function terminalStyle(hasColour: boolean): TerminalStyle {
  const paint = hasColour ? escapeSequence : () => same;
  return { faint: paint(2), good: paint(32), notable: paint(36), warning: paint(33), bad: paint(31) };
}

/** `12:03:04`, local time. */
export function clockTime(epochMs: number): string {
  const time = new Date(epochMs);
  return `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}:${twoDigits(time.getSeconds())}`;
}

function escapeSequence(code: number): Paint {
  return (text) => `\u001b[${code}m${text}\u001b[0m`;
}

function same(text: string): string {
  return text;
}

function twoDigits(value: number): string {
  return value < 10 ? `0${value}` : String(value);
}
