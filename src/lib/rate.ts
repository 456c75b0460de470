import { parseDuration } from './duration.ts';

/** How often something may happen: evenly, and `burst` beyond that at once. */
export interface Rate {
  readonly requests: number;
  readonly periodMs: number;
  readonly burst: number;
}

const FORM = /^([1-9][0-9]{0,6})\/([0-9a-z]{1,20})$/;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const PERIOD_MS: ReadonlyMap<string, number> = new Map([
  ['s', SECOND], ['sec', SECOND], ['second', SECOND], ['min', MINUTE], ['minute', MINUTE], ['h', HOUR], ['hour', HOUR], ['d', DAY], ['day', DAY],
]);

/**
 * Reads `5/s`, `10/min`, `100/hour`, `1000/day`, or a duration of whole seconds as in `100/15m`; all of a period may come at once.
 *
 * @throws RangeError with a sentence for the user, which does not repeat the text
 */
export function parseRate(text: string): Rate {
  const [, digits = '', period = ''] = FORM.exec(text) ?? [];
  const periodMs = PERIOD_MS.get(period) ?? durationMs(period);
  if (periodMs === 0) throw new RangeError('this is not a rate: write it as 5/s, 10/min, 100/hour, 1000/day or 100/15m');
  const requests = Number(digits);
  return { requests, periodMs, burst: requests - 1 };
}

/** 0 for what is no duration of whole seconds. */
function durationMs(text: string): number {
  if (!/^[0-9]/.test(text)) return 0;
  try {
    const ms = parseDuration(text);
    return ms % SECOND === 0 ? ms : 0;
  } catch {
    return 0;
  }
}
