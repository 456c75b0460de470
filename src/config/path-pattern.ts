import { normaliseUriPath, UriPathError } from '../lib/uri-path.ts';
import type { PathPattern } from './route-match.ts';
import { parseRegex } from './regular-expression.ts';

const EXTENSION = /^[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9_-]+)*$/;

/**
 * Reads the path of a route: `/exact`, `/prefix/*`, `/prefix/*.css`, `/prefix/*.{css,js}` or `~REGEX`.
 *
 * @throws RangeError with a sentence for the user, also for a path that no request can have once it is canonical
 */
export function parsePathPattern(text: string): PathPattern {
  if (text.startsWith('~')) return { kind: 'regex', source: regexSource(text) };
  if (!text.startsWith('/')) throw new RangeError(`a path starts with \`/\` (or with \`~\` for a regular expression): write \`/${text}\``);
  const star = text.indexOf('*');
  if (star === -1) {
    checkCanonical(text);
    return { kind: 'exact', path: text };
  }
  if (text[star - 1] !== '/') throw new RangeError(`\`*\` stands only after a \`/\`: write \`${text.slice(0, star)}/*\``);
  const prefix = text.slice(0, star - 1);
  if (prefix !== '') checkCanonical(prefix);
  const ending = text.slice(star + 1);
  if (ending === '') return { kind: 'prefix', prefix };
  return { kind: 'extension', prefix, extensions: parseExtensions(ending) };
}

function regexSource(text: string): string {
  const source = text.slice(1);
  if (source === '') throw new RangeError('the regular expression behind `~` is empty');
  parseRegex(source);
  return source;
}

function parseExtensions(ending: string): string[] {
  const match = /^\.(?:\{([^{}]*)\}|([^{}]*))$/.exec(ending);
  if (match === null) throw new RangeError('`*` ends a path, or is followed by an ending: write `/*`, `/*.css` or `/*.{css,js}`');
  const extensions = (match[1] ?? match[2] ?? '').split(',').map((part) => part.trim().toLowerCase());
  for (const extension of extensions) {
    if (!EXTENSION.test(extension)) throw new RangeError(`\`.${extension}\` is not a file ending: write letters and digits, such as \`/*.{css,js}\``);
  }
  return [...new Set(extensions)];
}

/**
 * Refuses a path that no canonical request path equals, and says what its canonical form is where it has one.
 *
 * @throws RangeError with a sentence for the user
 */
export function checkCanonical(path: string): void {
  if (/[?#]/.test(path)) throw new RangeError('a path has no `?` or `#`: conditions on the query string go into `query`');
  const escaped = path.replaceAll(/[^\u0021-\u007e]+/g, (text) => encodeURIComponent(text.toWellFormed()));
  const canonical = canonicalForm(escaped);
  if (canonical !== path) throw new RangeError(`no request has this path once it is canonical: write \`${canonical}\``);
}

function canonicalForm(path: string): string {
  try {
    return normaliseUriPath(path);
  } catch (cause) {
    if (!(cause instanceof UriPathError)) throw cause;
    throw new RangeError(`no request has this path, because such requests are refused: ${cause.message}`, { cause });
  }
}

/**
 * Reads the beginning of a path that a route removes or adds: `/api`, without a slash at its end.
 *
 * @throws RangeError with a sentence for the user
 */
export function checkPathPrefix(text: string): void {
  if (!text.startsWith('/')) throw new RangeError(`a path starts with \`/\`: write \`/${text}\``);
  if (text.includes('*')) throw new RangeError(`this is a plain beginning of a path: write \`${text.replace(/\/?\*.*$/s, '') || '/api'}\``);
  if (text === '/') throw new RangeError('`/` alone changes nothing: leave this out');
  if (text.endsWith('/')) throw new RangeError(`no \`/\` at the end: write \`${text.replace(/\/+$/, '') || '/api'}\``);
  checkCanonical(text);
}
