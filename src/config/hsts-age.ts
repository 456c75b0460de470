import { parseDuration } from '../lib/duration.ts';

/** Ten years; nobody keeps a browser for longer. */
const AGE_MS_MAX = 3650 * 86_400_000;

/**
 * Reads how long browsers remember to come by HTTPS only (RFC 6797 §6.1.1): whole seconds, `0s` to make them forget.
 *
 * @returns seconds
 * @throws RangeError with a sentence for the user
 */
export function parseHstsAge(text: string): number {
  if (text === '0s' || text === '0d') return 0;
  if (text === 'off') throw new RangeError('an age is no switch: write `hsts: off` to send nothing, or `0s` to make browsers forget');
  const ms = parseDuration(text, AGE_MS_MAX);
  if (ms % 1000 !== 0) throw new RangeError(`\`${text}\` is no whole number of seconds`);
  return ms / 1000;
}
