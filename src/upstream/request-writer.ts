import type { Exchange } from '../exchange/exchange.ts';
import { HeaderKind, headerKind } from '../exchange/header-kinds.ts';
import type { AttemptTrace } from '../observe/traces/trace.ts';
import { clientFields } from './client-fields.ts';

/** What of a request's head depends on the member it goes to. */
export interface RequestLine {
  /** Canonical path, rewritten for the upstream. */
  readonly path: string;
  /** Value of Host, or of `:authority`. */
  readonly host: string;
  /** False: the connection is closed after the answer. */
  readonly keepAlive: boolean;
  /** The attempt's place in the trace; null: the upstream is told of none. */
  readonly trace: AttemptTrace | null;
}

/** Their requests have content, be it none (RFC 9110 §8.6). */
const METHODS_WITH_CONTENT = new Set(['POST', 'PUT', 'PATCH']);
const PLAIN_CONNECTION = new Set(['', 'keep-alive', 'close', 'upgrade', 'keep-alive, upgrade']);
const NO_TOKENS: readonly string[] = [];

/**
 * The head of the request as the upstream gets it, latin1. What the client may not say of itself is left
 * out first and written by us after, so that nothing a client names in Connection can remove it.
 */
export function requestHead(exchange: Exchange, line: RequestLine): string {
  const { head, withheld } = exchange;
  let text = `${exchange.method} ${line.path}${exchange.query} HTTP/1.1\r\nHost: ${line.host}\r\n`;
  const named = namedByConnection(head.connection);
  let cookie = '';
  const raw = head.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!;
    const kind = headerKind(name);
    // Names with a colon in front are HTTP/2 pseudo-headers; their content is in the exchange.
    if (kind === HeaderKind.Cookie) cookie = cookie === '' ? raw[i + 1]! : `${cookie}; ${raw[i + 1]}`;
    else if (isCarried(kind) && name.charCodeAt(0) !== 58 && withheld?.has(name) !== true && !(named.length > 0 && named.includes(name.toLowerCase()))) {
      text += `${name}: ${raw[i + 1]}\r\n`;
    }
  }
  // HTTP/2 may split Cookie; over HTTP/1.1 it must be one line again (RFC 9113 §8.2.3).
  if (cookie !== '' && withheld?.has('cookie') !== true && !named.includes('cookie')) text += `Cookie: ${cookie}\r\n`;
  return `${text}${framing(exchange)}${connection(exchange, line.keepAlive)}${aboutClient(exchange)}${aboutTrace(line.trace)}${linesOf(exchange.addedHeaders)}\r\n`;
}

/** End to end, and nothing that we say ourselves; Cookie is left to the caller. */
export function isCarried(kind: HeaderKind): boolean {
  return kind === HeaderKind.Carry || (kind >= HeaderKind.UserAgent && kind !== HeaderKind.Te);
}

/** Announces the body there is, never one that a client only announced, such as that of an upgrade over HTTP/2. */
function framing(exchange: Exchange): string {
  const { body, expectContinue, head } = exchange;
  const length = head.contentLength;
  if (body === null) return announcesNoBody(exchange) ? 'Content-Length: 0\r\n' : '';
  const expect = expectContinue ? 'Expect: 100-continue\r\n' : '';
  return length === -1 ? `Transfer-Encoding: chunked\r\n${expect}` : `Content-Length: ${length}\r\n${expect}`;
}

/** There is no body, and that has to be said. */
export function announcesNoBody({ head, method }: Exchange): boolean {
  return head.contentLength === 0 || METHODS_WITH_CONTENT.has(method);
}

function connection(exchange: Exchange, keepAlive: boolean): string {
  if (exchange.upgrade !== '') return `Connection: Upgrade\r\nUpgrade: ${exchange.upgrade}\r\n`;
  const trailers = exchange.head.te !== '' && exchange.head.te.includes('trailers');
  if (trailers) return keepAlive ? 'Connection: TE\r\nTE: trailers\r\n' : 'Connection: close, TE\r\nTE: trailers\r\n';
  return keepAlive ? '' : 'Connection: close\r\n';
}

/** The forwarding headers, as HTTP/1.1 writes them. */
function aboutClient(exchange: Exchange): string {
  const { forwardedFor, realIp, proto, host, port, forwarded, via, id } = clientFields(exchange);
  return (
    `X-Forwarded-For: ${forwardedFor}\r\nX-Real-IP: ${realIp}\r\n` +
    `X-Forwarded-Proto: ${proto}\r\n${host === '' ? '' : `X-Forwarded-Host: ${host}\r\n`}X-Forwarded-Port: ${port}\r\n` +
    `Forwarded: ${forwarded}\r\nVia: ${via}\r\nX-Request-Id: ${id}\r\n`
  );
}

function aboutTrace(trace: AttemptTrace | null): string {
  if (trace === null) return '';
  const { traceparent, tracestate } = trace;
  return tracestate === '' ? `traceparent: ${traceparent}\r\n` : `traceparent: ${traceparent}\r\ntracestate: ${tracestate}\r\n`;
}

function linesOf(headers: readonly string[]): string {
  let text = '';
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return text;
}

/** Lower-case names that a Connection header lists, which end at this hop; none for the usual ones. */
export function namedByConnection(value: string): readonly string[] {
  return PLAIN_CONNECTION.has(value) ? NO_TOKENS : value.split(',').map((token) => token.trim());
}
