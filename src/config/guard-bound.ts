import { parseDuration } from '../lib/duration.ts';

/** Counts come in once a second: in less time than this there would be nothing to judge by. */
const TIME_MS_MIN = 5000;
/** After that long it is more likely something else that has changed. */
export const GUARD_TIME_MS_MAX = 600_000;
const FACTOR_MIN = 1.2;
const FACTOR_MAX = 100;

/** Reads how long a reload is watched. @returns milliseconds. @throws RangeError with a sentence for the user */
export function parseGuardTime(text: string): number {
  if (text === 'off') throw new RangeError('`off` stands in the place of all options: write `guard: off`');
  const ms = parseDuration(text);
  if (ms < TIME_MS_MIN || ms > GUARD_TIME_MS_MAX) throw new RangeError(`\`${text}\` is out of range: from 5s to 10m`);
  return ms;
}

/** Reads `2x` or `1.5x`; `off` is Infinity. @throws RangeError with a sentence for the user */
export function parseFactor(text: string): number {
  if (text === 'off') return Infinity;
  const digits = /^([0-9]{1,3}(?:\.[0-9]{1,2})?)x$/.exec(text)?.[1];
  if (digits === undefined) {
    const right = /^[0-9.]+$/.test(text) ? `\`${text}\` needs an x: write \`${text}x\`` : `\`${text}\` is not a multiple: write it as 2x or 1.5x, or \`off\``;
    throw new RangeError(right);
  }
  const factor = Number(digits);
  if (factor < FACTOR_MIN || factor > FACTOR_MAX) throw new RangeError(`\`${text}\` is out of range: from ${FACTOR_MIN}x to ${FACTOR_MAX}x`);
  return factor;
}
