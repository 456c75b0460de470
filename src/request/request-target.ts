import { GatewayError } from '../exchange/errors.ts';

/** The target of a request line, taken apart but not yet judged: `canonicalPath` and `parseHost` do that. */
interface RequestTarget {
  /** Raw; `*` for the asterisk-form. */
  readonly path: string;
  /** With its `?`, byte for byte as the client sent it; '' without one. */
  readonly query: string;
  /** `host:port` of the absolute-form, which must agree with the Host header; null in the other forms. */
  readonly authority: string | null;
}

const SLASH = 0x2f;
/** No other scheme: a gateway is no proxy for `ftp:`, and `javascript:` has no authority. */
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]+)(.*)$/is;
// The request line ends a target with a space and has no fragment (RFC 9112, 3.2). The rest of visible
// ASCII passes, although RFC 3986 wants `"<>\^`{|}` escaped: browsers send some of it raw in queries.
const NO_QUERY = /[^\x21-\x7e]|#/;

/**
 * Takes apart a request target (RFC 9112, 3.2): origin-form, absolute-form, and asterisk-form where it is
 * allowed, that is for OPTIONS. The authority-form belongs to CONNECT, which a gateway does not serve.
 * @throws {GatewayError} `bad_request` for any other form, and for a query with blanks, control
 * characters, bytes above ASCII or a fragment.
 */
export function parseRequestTarget(url: string, asteriskAllowed = false): RequestTarget {
  if (url.charCodeAt(0) === SLASH) return splitQuery(url, null);
  if (url === '*' && asteriskAllowed) return { path: '*', query: '', authority: null };
  const [, authority, rest] = ABSOLUTE_FORM.exec(url) ?? [];
  if (authority === undefined || rest === undefined) throw new GatewayError('bad_request', 'the request target is neither a path nor an http URL');
  // An empty path is the root (RFC 9110, 4.2.3).
  return splitQuery(rest.charCodeAt(0) === SLASH ? rest : `/${rest}`, authority);
}

function splitQuery(target: string, authority: string | null): RequestTarget {
  const mark = target.indexOf('?');
  if (mark === -1) return { path: target, query: '', authority };
  const query = target.slice(mark);
  if (NO_QUERY.test(query)) throw new GatewayError('bad_request', 'the query contains a blank, a control character, a byte above ASCII or a fragment');
  return { path: target.slice(0, mark), query, authority };
}
