import { closest } from '../lib/closest.ts';

/** Those that name sources: what is not named takes those of default-src (CSP 3 §6.8.3). */
const FETCH_DIRECTIVES = [
  'child-src', 'connect-src', 'default-src', 'fenced-frame-src', 'font-src', 'frame-src', 'img-src', 'manifest-src', 'media-src', 'object-src',
  'prefetch-src', 'script-src', 'script-src-attr', 'script-src-elem', 'style-src', 'style-src-attr', 'style-src-elem', 'worker-src',
];
/** Those that may stand alone; `sandbox` may have values all the same. */
const BARE_DIRECTIVES = ['upgrade-insecure-requests', 'block-all-mixed-content', 'sandbox'];
const OTHER_DIRECTIVES = ['base-uri', 'form-action', 'frame-ancestors', 'navigate-to', 'report-to', 'report-uri', 'require-trusted-types-for', 'trusted-types', 'webrtc'];
const DIRECTIVES = new Set([...FETCH_DIRECTIVES, ...BARE_DIRECTIVES, ...OTHER_DIRECTIVES]);

/** A browser takes these words for hosts where they stand without quotes. */
const KEYWORD = /^(?:none|self|strict-dynamic|report-sample|inline-speculation-rules|unsafe-inline|unsafe-eval|unsafe-hashes|wasm-unsafe-eval|sha(?:256|384|512)-[A-Za-z0-9+/_=-]+)$/;
const SOURCES_CHARS_MAX = 4000;

/** @throws RangeError where no browser knows such a directive: a slip would protect nothing. */
export function checkCspDirective(name: string): void {
  if (DIRECTIVES.has(name)) return;
  const meant = closest(name, [...DIRECTIVES]);
  throw new RangeError(`\`${name}\` is no directive of a Content-Security-Policy${meant === null ? ': `script-src` and `img-src` are' : `: did you mean \`${meant}\`?`}`);
}

/** A key of `csp`: a directive, or one of the options beside them. @throws RangeError */
export function checkCspKey(name: string): void {
  if (!['base', 'add', 'reportOnly'].includes(name)) checkCspDirective(name);
}

export function isFetchDirective(name: string): boolean {
  return FETCH_DIRECTIVES.includes(name);
}

export function isBareDirective(name: string): boolean {
  return BARE_DIRECTIVES.includes(name);
}

/**
 * Reads one source or several with spaces between them. Keywords such as `self` get their quotes.
 *
 * @throws RangeError with a sentence for the user
 */
export function parseCspSources(text: string): string[] {
  const sources = text.trim().split(/\s+/).filter((source) => source !== '');
  if (sources.length === 0) throw new RangeError('a source is missing: write `none` where nothing may be loaded');
  if (text.length > SOURCES_CHARS_MAX) throw new RangeError(`the sources are too long: ${SOURCES_CHARS_MAX} characters are the limit`);
  return sources.map((source) => {
    if (/[;,]/.test(source)) throw new RangeError(`\`${source}\` holds \`;\` or \`,\`: sources stand with spaces between them, or in a list, and directives each have a key of their own`);
    if (!/^[!-~]+$/.test(source)) throw new RangeError(`\`${source}\` holds more than ASCII: write a host in its \`xn--\` form`);
    if (source === 'off') throw new RangeError('`off` is no source: write `none` where nothing may be loaded, `false` where the directive is to be left out');
    if (/^'?nonce-/.test(source)) throw new RangeError('a nonce is another one in every answer: only the app can send it (`keepUpstream: [Content-Security-Policy]`)');
    return KEYWORD.test(source) ? `'${source}'` : source;
  });
}
