/** Bits of the trace flags (W3C Trace Context Level 2 §3.2.2.5). */
export const SAMPLED = 1;
export const RANDOM = 2;

/** What a caller says of the trace that its request belongs to. */
interface ParentContext {
  readonly traceId: string;
  /** Its own span. */
  readonly spanId: string;
  /** {@link SAMPLED}, {@link RANDOM}, both or none. */
  readonly flags: number;
}

const VERSION_0_CHARS = 55;
const DASH = 0x2d;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);
const KEY = /^[a-z0-9][a-z0-9_*/@-]{0,255}$/;
const VALUE = /^[\u0020-\u002b\u002d-\u003c\u003e-\u007e]{0,255}[\u0021-\u002b\u002d-\u003c\u003e-\u007e]$/;
const MEMBERS_MAX = 32;
/** A list that goes on just as it is, which most do: as those above, without any white space. */
const PLAIN_LIST = /^[a-z0-9][a-z0-9_*/@-]{0,255}=[!-+\--<>-~]{1,256}(?:,[a-z0-9][a-z0-9_*/@-]{0,255}=[!-+\--<>-~]{1,256}){0,31}$/;
/** As much as has to be passed on at the least (§3.3.1.5), and all that is. */
const STATE_CHARS_MAX = 512;
const LARGE_MEMBER_CHARS = 128;

/**
 * Reads a `traceparent` (W3C Trace Context Level 2 §3.2): of versions to come as much as is known today.
 *
 * @returns null where it is not valid, and a new trace begins.
 */
export function parseTraceparent(text: string): ParentContext | null {
  if (text.length < VERSION_0_CHARS || !isWellFormed(text)) return null;
  const isVersion0 = text.startsWith('00');
  if (text.length > VERSION_0_CHARS && (isVersion0 || text.charCodeAt(VERSION_0_CHARS) !== DASH)) return null;
  // Of a version to come there may be kilobytes more, which a piece of it would keep in memory.
  const known = isVersion0 ? text : Buffer.from(text.slice(0, VERSION_0_CHARS)).toString();
  const traceId = known.slice(3, 35);
  const spanId = known.slice(36, 52);
  if (traceId === NO_TRACE || spanId === NO_SPAN || text.startsWith('ff')) return null;
  // What the other bits of another version mean is not known.
  const digit = text.charCodeAt(54);
  // The last bits of a digit are those of its code, and of a letter those of its code and 9.
  return { traceId, spanId, flags: (digit > 0x39 ? digit + 9 : digit) & (isVersion0 ? SAMPLED | RANDOM : SAMPLED) };
}

/** By hand, as this is on the path of every request: half the time of a regular expression (test/bench/micro/trace.bench.ts). */
function isWellFormed(text: string): boolean {
  return text.charCodeAt(2) === DASH && text.charCodeAt(35) === DASH && text.charCodeAt(52) === DASH
    && areDigits(text, 3, 35) && areDigits(text, 36, 52) && areDigits(text, 0, 2) && areDigits(text, 53, 55);
}

/** Lower-case hexadecimal ones. */
function areDigits(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x30 || code > 0x66 || (code > 0x39 && code < 0x61)) return false;
  }
  return true;
}

/**
 * A `tracestate` as it is passed on (§3.3): as it came but for the white space around its members. What is longer than 512
 * characters loses members, those above 128 characters first, then from the end.
 *
 * @returns '' where it is not valid, or empty.
 */
export function cleanTracestate(text: string): string {
  if (text === '' || (text.length <= STATE_CHARS_MAX && PLAIN_LIST.test(text))) return text;
  const members: string[] = [];
  for (const part of text.split(',')) {
    const member = trimmed(part);
    if (member === '') continue;
    const equals = member.indexOf('=');
    if (equals === -1 || members.length === MEMBERS_MAX || !KEY.test(member.slice(0, equals)) || !VALUE.test(member.slice(equals + 1))) return '';
    members.push(member);
  }
  return lengthOf(members) <= STATE_CHARS_MAX ? members.join(',') : shortened(members).join(',');
}

function shortened(members: readonly string[]): string[] {
  const kept = [...members];
  for (let i = kept.length - 1; i >= 0 && lengthOf(kept) > STATE_CHARS_MAX; i -= 1) {
    if (kept[i]!.length > LARGE_MEMBER_CHARS) kept.splice(i, 1);
  }
  while (lengthOf(kept) > STATE_CHARS_MAX) kept.pop();
  return kept;
}

function lengthOf(members: readonly string[]): number {
  return members.reduce((sum, { length }) => sum + length + 1, -1);
}

/** Without the spaces and tabs around it, and nothing else: other white space is not allowed there. */
function trimmed(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
