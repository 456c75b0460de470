import type { PathRewrite } from '../config/config.ts';
import { GatewayError } from '../exchange/errors.ts';
import { compileRegex } from '../lib/regex.ts';
import { canonicalPath } from './path.ts';

type Rewrite = (path: string) => string;

/**
 * What is done to the canonical path of a request before it goes to the upstream; null where nothing is.
 * `stripPrefix` is removed where it is whole segments, else the path stays; `addPrefix` goes before what is
 * left; `replace` is applied to the outcome, to every match. The result is canonical again.
 * @throws {GatewayError} `bad_path`, at load for a prefix that is no path, and per request for a
 * replacement that makes dot segments or anything else that is not canonical but double slashes.
 */
export function createRewrite({ stripPrefix, addPrefix, replace }: PathRewrite): Rewrite | null {
  const strip = prefixOf(stripPrefix);
  const add = prefixOf(addPrefix);
  if (replace === null) return strip === '' && add === '' ? null : createMove(strip, add);
  const move = createMove(strip, add);
  const regex = compileRegex(replace.pattern);
  return (path) => {
    const moved = move(path);
    const replaced = regex.replaceAll(moved, replace.with);
    return replaced === moved ? moved : checkReplaced(replaced);
  };
}

/** Whole segments taken from and put before a canonical path leave it canonical, so there is nothing to check. */
function createMove(strip: string, add: string): Rewrite {
  return (path) => {
    const rest = isBelow(path, strip) ? path.slice(strip.length) : path;
    return add === '' && rest === '' ? '/' : add + rest;
  };
}

/** `/api` is not the beginning of `/apix`, nor of `/api../`: what follows must be a slash or nothing. */
function isBelow(path: string, prefix: string): boolean {
  return path.startsWith(prefix) && (path.length === prefix.length || path.charCodeAt(prefix.length) === 0x2f);
}

/**
 * Slashes are mended, for they come from empty groups. Dots are not resolved: a replacement that joins
 * parts of the path to `..` would let the client out of the prefix that was just added.
 */
function checkReplaced(replaced: string): string {
  const path = `/${replaced}`.replaceAll(/\/{2,}/g, '/');
  if (canonicalPath(path) !== path) throw new GatewayError('bad_path', 'the path is not canonical after its rewrite');
  return path;
}

/** A prefix as it is written, in canonical form and without the slash at its end; '' for `/`. */
function prefixOf(text: string): string {
  const path = text === '' ? '' : canonicalPath(text);
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
