const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const PART = /([0-9]{1,12})(ms|s|m|h|d)/gy;
const WHOLE = /^(?:[0-9]{1,12}(?:ms|s|m|h|d))+$/;

/** The longest delay a Node timer takes, in whole days. */
const DURATION_MAX_MS = 24 * 86_400_000;

/**
 * Reads `500ms`, `10s`, `5m`, `1h`, `1d` or a sum such as `1h30m`; `off` is 0.
 *
 * @param maxMs whole days; more than the default is for what no timer waits for.
 * @returns milliseconds, 0 only for `off`
 * @throws RangeError with a sentence for the user where the text is no duration, is zero or above `maxMs`
 */
export function parseDuration(text: string, maxMs = DURATION_MAX_MS): number {
  if (text === 'off') return 0;
  if (/^[0-9.]+$/.test(text)) throw new RangeError(`\`${text}\` needs a unit: write \`${text}s\` or \`${text}ms\``);
  if (!WHOLE.test(text)) throw new RangeError(`\`${text}\` is not a duration: write it as 500ms, 10s, 5m, 1h, 1d or 1h30m`);
  let totalMs = 0;
  for (const [, digits, unit] of text.matchAll(PART)) totalMs += Number(digits) * (UNIT_MS[unit ?? ''] ?? 0);
  if (totalMs === 0) throw new RangeError(`\`${text}\` is no time at all: write \`off\` where there shall be no limit`);
  if (totalMs > maxMs) throw new RangeError(`\`${text}\` is too long: the longest duration is ${maxMs / 86_400_000}d`);
  return totalMs;
}
