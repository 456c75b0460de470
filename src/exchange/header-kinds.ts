/**
 * What a request header is to a gateway. Everything that is not listed is carried to the upstream untouched.
 */
export const HeaderKind = {
  /** End to end: carried as it is. */
  Carry: 0,
  /** Never carried: hop-by-hop, or a name that only we may set. */
  Drop: 1,
  Host: 2,
  ContentLength: 3,
  TransferEncoding: 4,
  Connection: 5,
  Upgrade: 6,
  Expect: 7,
  ForwardedFor: 8,
  Forwarded: 9,
  ForwardedHost: 10,
  ForwardedPort: 11,
  ForwardedProto: 12,
  Via: 13,
  RequestId: 14,
  Traceparent: 15,
  Tracestate: 16,
  UserAgent: 17,
  Referer: 18,
  Cookie: 19,
  Accept: 20,
  Te: 21,
  Authorization: 22,
} as const;

export type HeaderKind = (typeof HeaderKind)[keyof typeof HeaderKind];

const KINDS = new Map<string, HeaderKind>([
  // Hop-by-hop by name (RFC 9110 §7.6.1, and RFC 2616 §13.5.1 for peers that still follow it).
  ['keep-alive', HeaderKind.Drop],
  ['proxy-connection', HeaderKind.Drop],
  // Programs behind CGI take it for their own setting HTTP_PROXY (CVE-2016-5385).
  ['proxy', HeaderKind.Drop],
  ['proxy-authorization', HeaderKind.Drop],
  ['http2-settings', HeaderKind.Drop],
  ['trailer', HeaderKind.Drop],
  ['connection', HeaderKind.Connection],
  ['te', HeaderKind.Te],
  ['upgrade', HeaderKind.Upgrade],
  ['transfer-encoding', HeaderKind.TransferEncoding],
  ['content-length', HeaderKind.ContentLength],
  // Rewritten, because the next hop is another one.
  ['host', HeaderKind.Host],
  ['expect', HeaderKind.Expect],
  ['via', HeaderKind.Via],
  // Statements about the client that only we may make.
  ['x-forwarded-for', HeaderKind.ForwardedFor],
  ['x-forwarded-host', HeaderKind.ForwardedHost],
  ['x-forwarded-port', HeaderKind.ForwardedPort],
  ['x-forwarded-proto', HeaderKind.ForwardedProto],
  ['x-forwarded-prefix', HeaderKind.Drop],
  ['x-forwarded-server', HeaderKind.Drop],
  ['x-forwarded-ssl', HeaderKind.Drop],
  ['x-forwarded-scheme', HeaderKind.Drop],
  ['x-forwarded-by', HeaderKind.Drop],
  ['x-real-ip', HeaderKind.Drop],
  ['x-client-ip', HeaderKind.Drop],
  ['x-client-verify', HeaderKind.Drop],
  ['x-client-cert-subject', HeaderKind.Drop],
  ['x-client-cert-san', HeaderKind.Drop],
  ['x-client-cert-fingerprint', HeaderKind.Drop],
  ['x-original-url', HeaderKind.Drop],
  ['x-rewrite-url', HeaderKind.Drop],
  ['forwarded', HeaderKind.Forwarded],
  ['x-request-id', HeaderKind.RequestId],
  ['traceparent', HeaderKind.Traceparent],
  ['tracestate', HeaderKind.Tracestate],
  // Only looked at.
  ['user-agent', HeaderKind.UserAgent],
  ['referer', HeaderKind.Referer],
  ['cookie', HeaderKind.Cookie],
  ['accept', HeaderKind.Accept],
  ['authorization', HeaderKind.Authorization],
]);

/** A longer one is none of these, and is not kept in memory: it could fill a whole head. */
const NAME_CHARS_MAX = Math.max(...Array.from(KINDS.keys(), ({ length }) => length));
/** What stands in a name beside letters, digits and dashes. */
const ODD_MARK = /[^a-z0-9-]/;
const ODD_MARKS = /[^a-z0-9-]/g;

/** Names seen so far, as they were written. Bounded, so that a flood of made-up names cannot grow it. */
const SEEN_MAX = 2048;
const seen = new Map<string, HeaderKind>();

/**
 * The kind of a header, by its name in any case. A name that an application cannot tell from one of ours is dropped, as
 * nginx does by default: CGI and WSGI turn both `-` and `_` into `_`, PHP a dot as well, some servers every mark.
 */
export function headerKind(name: string): HeaderKind {
  if (name.length > NAME_CHARS_MAX) return HeaderKind.Carry;
  const known = seen.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  let kind = KINDS.get(lower) ?? HeaderKind.Carry;
  if (kind === HeaderKind.Carry && ODD_MARK.test(lower)) {
    const alias = KINDS.get(lower.replaceAll(ODD_MARKS, '-'));
    if (alias !== undefined) kind = HeaderKind.Drop;
  }
  if (seen.size < SEEN_MAX) seen.set(name, kind);
  return kind;
}
