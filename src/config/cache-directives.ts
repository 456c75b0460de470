import { closest } from '../lib/closest.ts';
import { parseDuration } from '../lib/duration.ts';
import { parsePathPattern } from './path-pattern.ts';
import type { PathPattern } from './route-match.ts';

/** RFC 9111 §5.2.2, RFC 8246, RFC 5861; whether a directive has an argument: never, seconds, or a list of headers if any. */
const DIRECTIVES: Readonly<Record<string, 'none' | 'seconds' | 'fields'>> = {
  'max-age': 'seconds',
  's-maxage': 'seconds',
  'stale-while-revalidate': 'seconds',
  'stale-if-error': 'seconds',
  'no-cache': 'fields',
  'private': 'fields',
  'public': 'none',
  'no-store': 'none',
  'no-transform': 'none',
  'must-revalidate': 'none',
  'proxy-revalidate': 'none',
  'must-understand': 'none',
  'immutable': 'none',
};
const DIRECTIVE = /\s*([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*("[^"]*"|[^\s,"]+))?\s*(?:,|$)/y;
const OPPOSITES = [['public', 'private'], ['no-store', 'max-age'], ['no-store', 'immutable']] as const;
const DAY_MS = 86_400_000;
const YEAR_DAYS = 365;
const AGE_DAYS_MAX = 10 * YEAR_DAYS;

interface DirectiveFault {
  readonly message: string;
  readonly hint: string;
  /** False: it may be meant. */
  readonly isError: boolean;
}

/**
 * Reads for how long something may be kept: `1y`, or a duration up to ten years; `0s` for not at all.
 *
 * @returns seconds
 * @throws RangeError with a sentence for the user
 */
export function parseCacheAge(text: string): number {
  if (text === '0s') return 0;
  if (text === 'off') throw new RangeError('`off` is no age: write `0s`');
  const years = /^([0-9]{1,2})y$/.exec(text)?.[1];
  const ms = parseDuration(years === undefined ? text : `${Number(years) * YEAR_DAYS}d`, AGE_DAYS_MAX * DAY_MS);
  if (ms % 1000 !== 0) throw new RangeError(`\`${text}\` is no whole number of seconds`);
  return ms / 1000;
}

/**
 * Reads `*.css`, `*.{css,js}`, `*` or what a route has as `path`.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseCachePath(text: string): PathPattern {
  return parsePathPattern(text.startsWith('*') ? `/${text}` : text);
}

/** What is wrong with the value of a Cache-Control header. */
export function directiveFaults(value: string): DirectiveFault[] {
  const faults: DirectiveFault[] = [];
  const seen = new Set<string>();
  DIRECTIVE.lastIndex = 0;
  while (DIRECTIVE.lastIndex < value.length) {
    const at = DIRECTIVE.lastIndex;
    const match = DIRECTIVE.exec(value);
    if (match === null) return [...faults, { message: `\`${value.slice(at).trim()}\` is not a list of directives`, hint: 'Write it as in `public, max-age=3600`.', isError: true }];
    const name = (match[1] ?? '').toLowerCase();
    const fault = faultOf(name, match[2] ?? null) ?? (seen.has(name) ? { message: `\`${name}\` stands there twice`, hint: 'Leave one of them.', isError: true } : null);
    if (fault !== null) faults.push(fault);
    seen.add(name);
  }
  for (const [one, other] of OPPOSITES) {
    if (seen.has(one) && seen.has(other)) faults.push({ message: `\`${one}\` and \`${other}\` contradict each other`, hint: 'Leave one of them.', isError: true });
  }
  return faults;
}

function faultOf(name: string, argument: string | null): DirectiveFault | null {
  const kind = Object.hasOwn(DIRECTIVES, name) ? DIRECTIVES[name] : undefined;
  if (kind === undefined) {
    const meant = closest(name, Object.keys(DIRECTIVES));
    if (meant !== null) return { message: `there is no directive \`${name}\``, hint: `Did you mean \`${meant}\`?`, isError: true };
    return { message: `\`${name}\` is no directive that caches know`, hint: `Known are ${Object.keys(DIRECTIVES).join(', ')}.`, isError: false };
  }
  if (kind === 'none' && argument !== null) return { message: `\`${name}\` has no argument`, hint: `Write \`${name}\` alone.`, isError: true };
  if (kind === 'seconds' && !/^[0-9]{1,10}$/.test(argument ?? '')) {
    return { message: `\`${name}\` is a number of seconds`, hint: `Write \`${name}=${secondsOf(argument ?? '')}\`.`, isError: true };
  }
  return null;
}

function secondsOf(argument: string): number {
  try {
    return parseCacheAge(argument);
  } catch {
    return 3600;
  }
}
