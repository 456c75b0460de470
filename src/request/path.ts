import { GatewayError } from '../exchange/errors.ts';
import { normaliseUriPath, UriPathError } from '../lib/uri-path.ts';

/** Tomcat and its kin drop the parameters of a segment, some of them escaped ones too (RFC 3986, 3.3). */
const PARAMETERS = /(?:;|%3B)[^/]*/gi;
/** The escape of a percent sign that would, decoded, be the beginning of another escape of ASCII. */
const ESCAPED_TWICE = /%25(?:25)*(?=[2-7][0-9a-f])/gi;
const READ_LOOSELY = /;|%3B|%25/;

/**
 * The canonical path of a request, the only one that routing, policies and the upstream get to see.
 * The rules are those of `lib/uri-path.ts`. Its length is bounded by the limit on the request head.
 * @throws {GatewayError} `bad_path` where the path is refused; the detail says why.
 */
export function canonicalPath(raw: string): string {
  try {
    return normaliseUriPath(raw);
  } catch (cause) {
    if (!(cause instanceof UriPathError)) throw cause;
    throw new GatewayError('bad_path', cause.message, { cause });
  }
}

/**
 * A canonical path as an upstream may read it that drops parameters and decodes escapes twice; the same
 * string where that makes no difference.
 * @throws {GatewayError} `bad_path` where that reading is refused.
 */
export function looseReading(path: string): string {
  if (!READ_LOOSELY.test(path)) return path;
  return canonicalPath(path.replaceAll(ESCAPED_TWICE, '%').replaceAll(PARAMETERS, ''));
}
