import { GatewayError } from '../exchange/errors.ts';
import { normaliseUriPath, UriPathError } from '../lib/uri-path.ts';

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
