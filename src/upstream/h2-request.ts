import type { Exchange } from '../exchange/exchange.ts';
import { headerKind, HeaderKind } from '../exchange/header-kinds.ts';
import { clientFields } from './client-fields.ts';
import { announcesNoBody, isCarried, namedByConnection, type RequestLine } from './request-writer.ts';

/**
 * The head of the request as an HTTP/2 upstream gets it (RFC 9113 §8.3.1): name, value, name, value, latin1. As over
 * HTTP/1.1, what the client may not say of itself is left out and written by us. A WebSocket is asked for by an
 * extended CONNECT (RFC 8441 §4), which has no key.
 *
 * @param secure towards the upstream, whatever the client came by.
 */
export function h2RequestHead(exchange: Exchange, line: RequestLine, secure: boolean): string[] {
  const { head, upgrade, withheld } = exchange;
  const fields = [
    ':method', upgrade === '' ? exchange.method : 'CONNECT',
    ':scheme', secure ? 'https' : 'http',
    ':authority', line.host,
    ':path', `${line.path}${exchange.query}`,
  ];
  if (upgrade !== '') fields.push(':protocol', upgrade);
  const named = namedByConnection(head.connection);
  const raw = head.rawHeaders;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    const kind = headerKind(name);
    const carried = (kind === HeaderKind.Cookie || isCarried(kind)) && name.charCodeAt(0) !== 58 && withheld?.has(name) !== true;
    if (carried && !named.includes(name) && !(upgrade !== '' && name === 'sec-websocket-key')) fields.push(name, raw[i + 1]!);
  }
  addFraming(fields, exchange);
  addClient(fields, exchange);
  if (line.trace !== null) {
    fields.push('traceparent', line.trace.traceparent);
    if (line.trace.tracestate !== '') fields.push('tracestate', line.trace.tracestate);
  }
  const { addedHeaders } = exchange;
  for (let i = 0; i < addedHeaders.length; i += 2) fields.push(addedHeaders[i]!.toLowerCase(), addedHeaders[i + 1]!);
  return fields;
}

/** The stream tells where the body ends; its length is passed on where it is known. Trailers of requests are not passed on. */
function addFraming(fields: string[], exchange: Exchange): void {
  const { body, head, upgrade } = exchange;
  if (upgrade !== '') return;
  if (body === null) {
    if (announcesNoBody(exchange)) fields.push('content-length', '0');
  } else {
    if (head.contentLength !== -1) fields.push('content-length', String(head.contentLength));
    if (exchange.expectContinue) fields.push('expect', '100-continue');
  }
  // The only value that HTTP/2 allows (RFC 9113 §8.2.2); gRPC servers insist on it.
  if (head.te.includes('trailers')) fields.push('te', 'trailers');
}

function addClient(fields: string[], exchange: Exchange): void {
  const { forwardedFor, realIp, proto, host, port, forwarded, via, id } = clientFields(exchange);
  fields.push('x-forwarded-for', forwardedFor, 'x-real-ip', realIp, 'x-forwarded-proto', proto);
  if (host !== '') fields.push('x-forwarded-host', host);
  fields.push('x-forwarded-port', String(port), 'forwarded', forwarded, 'via', via, 'x-request-id', id);
}
