import type { Exchange } from '../exchange/exchange.ts';
import { HeaderKind, headerKind } from '../exchange/header-kinds.ts';

/** Name under which we enter Via (RFC 9110 §7.6.3), and by which we see our own requests come back. */
const VIA_NAME = 'sluice';

interface RequestLine {
  /** Canonical path, rewritten for the upstream. */
  readonly path: string;
  /** Value of Host. */
  readonly host: string;
  /** False: the connection is closed after the answer. */
  readonly keepAlive: boolean;
}

const METHODS_WITH_CONTENT = new Set(['POST', 'PUT', 'PATCH']);
const PLAIN_CONNECTION = new Set(['', 'keep-alive', 'close', 'upgrade', 'keep-alive, upgrade']);
const NO_TOKENS: readonly string[] = [];

/**
 * The head of the request as the upstream gets it, latin1. What the client may not say of itself is left
 * out first and written by us after, so that nothing a client names in Connection can remove it.
 */
export function requestHead(exchange: Exchange, line: RequestLine): string {
  const { head } = exchange;
  let text = `${exchange.method} ${line.path}${exchange.query} HTTP/1.1\r\nHost: ${line.host}\r\n`;
  const named = PLAIN_CONNECTION.has(head.connection) ? NO_TOKENS : connectionTokens(head.connection);
  let cookie = '';
  const raw = head.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const kind = headerKind(name);
    // Names with a colon in front are HTTP/2 pseudo-headers; their content is in the exchange.
    if (kind === HeaderKind.Cookie) cookie = cookie === '' ? raw[i + 1]! : `${cookie}; ${raw[i + 1]}`;
    else if (isCarried(kind) && name.charCodeAt(0) !== 58 && !(named.length > 0 && named.includes(name.toLowerCase()))) {
      text += `${name}: ${raw[i + 1]}\r\n`;
    }
  }
  // HTTP/2 may split Cookie; over HTTP/1.1 it must be one line again (RFC 9113 §8.2.3).
  if (cookie !== '' && !named.includes('cookie')) text += `Cookie: ${cookie}\r\n`;
  return `${text}${framing(exchange)}${connection(exchange, line.keepAlive)}${aboutClient(exchange)}${exchange.addedHeaders}\r\n`;
}

function isCarried(kind: HeaderKind): boolean {
  return kind === HeaderKind.Carry || (kind >= HeaderKind.UserAgent && kind !== HeaderKind.Te);
}

/** Announces the body there is, never one that a client only announced, such as that of an upgrade over HTTP/2. */
function framing({ body, expectContinue, head, method }: Exchange): string {
  const length = head.contentLength;
  if (body === null) return length === 0 || METHODS_WITH_CONTENT.has(method) ? 'Content-Length: 0\r\n' : '';
  const expect = expectContinue ? 'Expect: 100-continue\r\n' : '';
  return length === -1 ? `Transfer-Encoding: chunked\r\n${expect}` : `Content-Length: ${length}\r\n${expect}`;
}

function connection(exchange: Exchange, keepAlive: boolean): string {
  if (exchange.upgrade !== '') return `Connection: Upgrade\r\nUpgrade: ${exchange.upgrade}\r\n`;
  const trailers = exchange.head.te !== '' && exchange.head.te.includes('trailers');
  if (trailers) return keepAlive ? 'Connection: TE\r\nTE: trailers\r\n' : 'Connection: close, TE\r\nTE: trailers\r\n';
  return keepAlive ? '' : 'Connection: close\r\n';
}

/** The forwarding headers: appended to what a trusted proxy said, made afresh for everybody else. */
function aboutClient(exchange: Exchange): string {
  const { head, peerAddress, peerTrusted, scheme } = exchange;
  const peer = peerAddress === '' ? 'unknown' : peerAddress;
  const authority = authorityOf(exchange);
  const forwardedFor = peerTrusted && head.forwardedFor !== '' ? `${head.forwardedFor}, ${peer}` : peer;
  const host = peerTrusted && head.forwardedHost !== '' ? head.forwardedHost : authority;
  const port = peerTrusted && head.forwardedPort !== '' ? head.forwardedPort : portOf(exchange);
  const node = peer.includes(':') ? `"[${peer}]"` : peer;
  const element = `for=${node}${authority === '' ? '' : `;host="${authority}"`};proto=${scheme}`;
  const forwarded = peerTrusted && head.forwarded !== '' ? `${head.forwarded}, ${element}` : element;
  const hop = exchange.protocol === 'HTTP/2' ? `2 ${VIA_NAME}` : `${exchange.protocol.slice(5)} ${VIA_NAME}`;
  const via = head.via === '' ? hop : `${head.via}, ${hop}`;
  return (
    `X-Forwarded-For: ${forwardedFor}\r\nX-Real-IP: ${exchange.clientAddress}\r\n` +
    `X-Forwarded-Proto: ${scheme}\r\n${host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`}X-Forwarded-Port: ${port}\r\n` +
    `Forwarded: ${forwarded}\r\nVia: ${via}\r\nX-Request-Id: ${exchange.id}\r\n`
  );
}

/** Host and port as the client addressed us, in canonical form. */
export function authorityOf(exchange: Exchange): string {
  return exchange.hostPort === null ? exchange.host : `${exchange.host}:${exchange.hostPort}`;
}

function portOf(exchange: Exchange): number {
  return exchange.hostPort ?? (exchange.scheme === 'https' ? 443 : 80);
}

/** Lower-case names that a Connection header lists. */
function connectionTokens(value: string): readonly string[] {
  return value.split(',').map((token) => token.trim());
}

/** Entries of Via that are ours (RFC 9110 §7.6.3): the name stands behind the protocol, as a word of its own. */
export function hopsOf(via: string): number {
  return via === '' ? 0 : via.split(',').filter((entry) => entry.trim().split(/\s+/)[1] === VIA_NAME).length;
}
