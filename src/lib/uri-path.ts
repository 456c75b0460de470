/** A path that no two readers can be trusted to read alike. The message says why, for a log or a configuration error. */
export class UriPathError extends Error {
  override readonly name = 'UriPathError';
}

const SLASH = 0x2f;
const DOT = 0x2e;
const SEMICOLON = 0x3b;
const PERCENT = 0x25;

/** Characters that stand for themselves in a canonical path: RFC 3986 `pchar` and the slash. */
const PLAIN = classOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/");
/** What browsers send as it is although RFC 3986 has no place for it in a path: escaped, as they should have done. */
const ESCAPED = classOf('"<>[]^`{|}');
// Readers see no difference between `%3A` and `:`, so a route for `/jobs:stop` must see one form of it.
// `&`, `=`, `+` and `;` are left alone: as parameter delimiters or as a blank they do mean something else.
const DECODED = classOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$'()*,:@");
// An escaped `/`, `\` or control character is text to one reader and structure to the next:
// what the gateway checked as one segment, the upstream would open as two.
const REFUSED = classOf(`/\\\x7f${String.fromCharCode(...Array.from({ length: 32 }, (_, code) => code))}`);

const ESCAPES: readonly string[] = Array.from({ length: 256 }, (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`);

const NO_HEX = 16;
const HEX_VALUES = new Uint8Array(128).fill(NO_HEX);
for (let digit = 0; digit < 16; digit += 1) {
  const text = digit.toString(16);
  HEX_VALUES[text.charCodeAt(0)] = digit;
  HEX_VALUES[text.toUpperCase().charCodeAt(0)] = digit;
}

/** An escape of an escape that spells what is refused or resolved above, for an upstream that decodes twice. */
const ESCAPED_TWICE = /%25(?:25)*(?:[01][0-9a-f]|2[ef]|5c|7f)/i;
const NEEDS_RESOLVING = /\/[/.;]/;
/** Tomcat and its kin drop `;…` from a segment before they resolve dots; so `..;` climbs there, and only there. */
const HIDDEN_DOTS = /^(?:;|\.{1,2}(?:;|%3B))/;

/**
 * The one spelling of a path that routing, policies and upstream all see; applying it again changes
 * nothing. Case is kept. The query is not part of it. Where nothing has to be done, and that is the
 * usual case, the same string comes back. Escapes: RFC 3986, 6.2.2.1-2; dot segments: 5.2.4, after
 * empty segments are dropped; one that would climb above the root is refused, not ignored.
 * @throws {UriPathError} where the path is refused.
 */
export function normaliseUriPath(raw: string): string {
  if (raw.charCodeAt(0) !== SLASH) throw new UriPathError('it does not begin with a slash');
  if (isNormal(raw)) return raw;
  const path = normaliseEscapes(raw);
  return NEEDS_RESOLVING.test(path) ? resolveSegments(path) : path;
}

/** One pass without allocation. May say no to a path that is normal, never yes to one that is not. */
function isNormal(raw: string): boolean {
  let previous = SLASH;
  for (let i = 1; i < raw.length; i += 1) {
    const code = raw.charCodeAt(i);
    if (PLAIN[code] !== 1) return false;
    if (previous === SLASH && (code === SLASH || code === DOT || code === SEMICOLON)) return false;
    previous = code;
  }
  return true;
}

function normaliseEscapes(raw: string): string {
  let path = '';
  let copiedTo = 0;
  for (let i = 0; i < raw.length; i += 1) {
    const code = raw.charCodeAt(i);
    if (PLAIN[code] === 1) continue;
    path += raw.slice(copiedTo, i);
    if (code === PERCENT) {
      path += normaliseEscape(raw.charCodeAt(i + 1), raw.charCodeAt(i + 2));
      i += 2;
    } else if (ESCAPED[code] === 1) {
      path += ESCAPES[code];
    } else {
      throw new UriPathError(`it contains the character 0x${code.toString(16)}`);
    }
    copiedTo = i + 1;
  }
  path += raw.slice(copiedTo);
  checkEscapes(path);
  return path;
}

function normaliseEscape(highDigit: number, lowDigit: number): string {
  const high = HEX_VALUES[highDigit] ?? NO_HEX;
  const low = HEX_VALUES[lowDigit] ?? NO_HEX;
  if (high === NO_HEX || low === NO_HEX) throw new UriPathError('a percent sign is not followed by two hexadecimal digits');
  const byte = high * 16 + low;
  if (REFUSED[byte] === 1) throw new UriPathError(`it contains the escape ${ESCAPES[byte]}`);
  return DECODED[byte] === 1 ? String.fromCharCode(byte) : (ESCAPES[byte] ?? '');
}

/** What only shows when the escapes of the whole path have been looked at: their second layer, and UTF-8. */
function checkEscapes(path: string): void {
  if (!path.includes('%')) return;
  if (path.includes('%25') && ESCAPED_TWICE.test(path)) throw new UriPathError('it contains an escape that is escaped again');
  try {
    decodeURIComponent(path);
  } catch (cause) {
    throw new UriPathError('its escapes are not UTF-8', { cause });
  }
}

function resolveSegments(path: string): string {
  const kept: string[] = [];
  let segment = '';
  for (segment of path.slice(1).split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') {
      if (kept.pop() === undefined) throw new UriPathError('it climbs above the root');
      continue;
    }
    if (HIDDEN_DOTS.test(segment)) throw new UriPathError('a segment has parameters but no name, or only dots before them');
    kept.push(segment);
  }
  const endsInSlash = segment === '' || segment === '.' || segment === '..';
  return kept.length === 0 ? '/' : `/${kept.join('/')}${endsInSlash ? '/' : ''}`;
}

/** A table by character code, because a look-up in it costs less than any comparison of ranges. */
function classOf(characters: string): Uint8Array {
  const table = new Uint8Array(128);
  for (let i = 0; i < characters.length; i += 1) table[characters.charCodeAt(i)] = 1;
  return table;
}
