import { decided } from '../exchange/decided.ts';
import { ERRORS, GatewayError, type ErrorCode } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { decision } from '../observe/metrics/outcome.ts';

/** May be tried again: what gRPC clients make of 502, 503 and 504 before a head, too. */
const GRPC_UNAVAILABLE = '14';
const OWN_PAGE = decision('errorPages', 'page');

/** A whole answer made by the gateway itself: fixed ones, redirects, errors. */
export function answer(exchange: Exchange, status: number, headers: readonly string[], body: Buffer): void {
  if (exchange.sink.headSent || exchange.sink.closed) return;
  exchange.status = status;
  if (exchange.leavesBodyUnread) exchange.sink.closeAfter(true);
  const hasBody = status !== 204 && status !== 304;
  const raw = hasBody ? [...headers, 'Content-Length', String(body.length)] : [...headers];
  exchange.sendHead({ status, statusText: '', headers: raw, contentLength: hasBody ? body.length : 0, hasTrailers: false, isUpstreams: false });
  const silent = !hasBody || exchange.method === 'HEAD' || body.length === 0;
  // Only now: with the head, policies may have put another one in place.
  exchange.sink.end(silent ? null : body, []);
  // At once: what is refused is often given up in the same turn.
  exchange.sink.flush();
  boundReading(exchange);
}

/**
 * The only place where an error becomes a response (RFC 9457). Where the head has gone out already the
 * answer is broken off instead, so that the client cannot take a part for the whole; a gRPC client is told in trailers.
 */
export function answerError(exchange: Exchange, error: unknown, extraHeaders: readonly string[] = []): void {
  const known = error instanceof GatewayError ? error : new GatewayError('internal_error', describe(error), { cause: error });
  const { code } = known;
  exchange.fail(code, known.detail);
  if (exchange.sink.headSent) {
    if (exchange.grpcAnswer) exchange.sink.end(null, ['grpc-status', GRPC_UNAVAILABLE, 'grpc-message', ERRORS[code].text]);
    else exchange.sink.abort();
    // A page in the place of the body is whole even so, and trailers wait behind what has not been read.
    boundReading(exchange);
    return;
  }
  const { status, text, retryAfterSeconds } = ERRORS[code];
  const headers = [...known.headers, ...extraHeaders];
  if (retryAfterSeconds > 0 && !headers.includes('Retry-After')) headers.push('Retry-After', String(retryAfterSeconds));
  const html = prefersHtml(exchange.head.accept);
  const page = exchange.errorPages?.pageFor(status, code, html, exchange.id) ?? null;
  if (page !== null) {
    decided(exchange, OWN_PAGE);
    answer(exchange, page.status, ['Content-Type', page.contentType, 'Cache-Control', 'no-store', 'X-Request-Id', exchange.id, ...headers], page.body);
    return;
  }
  const body = Buffer.from(html ? errorPage(status, text, code, exchange.id) : problem(status, text, code, exchange.id));
  const contentType = html ? 'text/html; charset=utf-8' : 'application/problem+json';
  answer(exchange, status, ['Content-Type', contentType, 'Cache-Control', 'no-store', 'X-Request-Id', exchange.id, ...headers], body);
}

/** Nobody else watches an answer that is complete here, but waits in memory for its client. */
function boundReading(exchange: Exchange): void {
  const { sink } = exchange;
  if (!sink.closed) exchange.owner?.onUnread(exchange);
}

/** The body of an error as JSON; also what a connection is told whose request could not even be read. */
export function problem(status: number, text: string, code: ErrorCode, requestId: string): string {
  return JSON.stringify({ type: 'about:blank', title: text, status, code, requestId });
}

function errorPage(status: number, text: string, code: ErrorCode, requestId: string): string {
  // Three values come from our own table. The id may be one that a trusted proxy gave, and it in turn had from its client.
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${status}</title>
<style>:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}body{max-width:36rem;margin:15vh auto;padding:0 1rem}
h1{font-size:4rem;margin:0}code{opacity:.7}</style></head>
<body><h1>${status}</h1><p>${text}</p><p><code>${code} · ${escapeHtml(requestId)}</code></p></body></html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** True where the client names HTML and does not rank JSON before it; programs that say nothing get JSON. */
export function prefersHtml(accept: string): boolean {
  if (accept === '') return false;
  const html = accept.indexOf('text/html');
  if (html === -1) return false;
  const json = accept.search(/application\/(?:problem\+)?json/);
  return json === -1 || html < json;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
