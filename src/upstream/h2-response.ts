import { createHash } from 'node:crypto';
import type { Exchange } from '../exchange/exchange.ts';
import { isEventStream, type ResponseHead } from './response-head.ts';

const NO_TOKENS: readonly string[] = Object.freeze([]);
/** RFC 6455 §1.3. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * The head of an HTTP/2 answer in the shape of the others. nghttp2 has refused what is malformed: names that are not
 * lower case, connection-specific fields, a second :status (RFC 9113 §8.1.1).
 *
 * @param raw name, value, name, value, with `:status` first. @param ended no body follows the head.
 */
export function h2ResponseHead(raw: readonly string[], ended: boolean): ResponseHead {
  const status = Number(raw[1]);
  const rawHeaders = raw.slice(2);
  let contentLength = -1;
  let contentType = '';
  let hasDate = false;
  let hasServer = false;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const value = rawHeaders[i + 1]!;
    switch (rawHeaders[i]) {
      case 'content-length': contentLength = Number(value); break;
      case 'content-type': contentType = value; break;
      case 'date': hasDate = true; break;
      case 'server': hasServer = true; break;
      default: break;
    }
  }
  return {
    status, statusText: '', minorVersion: 1, rawHeaders, contentLength, contentType, hasDate, hasServer,
    chunked: false,
    // Whatever the length says, the stream ends the body, and trailers may follow it.
    framing: ended || status === 204 || status === 304 ? 'none' : 'chunked',
    keepAlive: true, upgrade: false, upgradeTo: '',
    eventStream: isEventStream(contentType),
    connectionTokens: NO_TOKENS,
  };
}

/** The answer to an extended CONNECT (RFC 8441 §5) as the 101 that the client of an HTTP/1.1 handshake waits for. */
export function switchingHead(head: ResponseHead, exchange: Exchange): ResponseHead {
  const rawHeaders = [...head.rawHeaders, 'sec-websocket-accept', acceptOf(exchange)];
  return { ...head, status: 101, rawHeaders, framing: 'none', upgrade: true, upgradeTo: exchange.upgrade };
}

function acceptOf({ head: { rawHeaders } }: Exchange): string {
  const at = rawHeaders.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === 'sec-websocket-key');
  const key = at === -1 ? '' : (rawHeaders[at + 1] ?? '');
  return createHash('sha1').update(`${key.trim()}${WEBSOCKET_GUID}`).digest('base64');
}
