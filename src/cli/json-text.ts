import { escapeControls } from '../observe/safe-text.ts';

/** JSON in one line that can be shown on a terminal, whatever its texts hold. */
export function jsonLine(value: unknown): string {
  return escapeControls(JSON.stringify(value));
}

/** The same in many lines, for people. */
export function jsonPage(value: unknown): string {
  return JSON.stringify(value, null, 2).split('\n').map(escapeControls).join('\n');
}
