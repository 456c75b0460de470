import { randomUUID } from 'node:crypto';
import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { parseHost } from './host.ts';
import { canonicalPath } from './path.ts';
import { parseRequestTarget } from './request-target.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;
const RAW_PATH_MAX = 256;

/**
 * Turns what the client sent into what the rest of the path relies on: one canonical path, one host, one
 * client address, one id. What only a proxy may say is believed from trusted ones alone.
 * @throws GatewayError bad_request, bad_path, bad_host, headers_too_large, expectation_failed
 */
export function trustRequest(exchange: Exchange, proxies: TrustedProxies, headerCountMax: number): void {
  const { head, peerAddress } = exchange;
  exchange.peerTrusted = proxies.isTrusted(peerAddress);
  const believed = exchange.peerTrusted;
  exchange.clientAddress = believed && head.forwardedFor !== '' ? proxies.clientAddress(peerAddress, head.forwardedFor) : peerAddress;
  exchange.id = believed && REQUEST_ID.test(head.requestId) ? head.requestId : randomUUID();
  // Until there is a canonical path, the log shows what came.
  exchange.path = exchange.url.length > RAW_PATH_MAX ? exchange.url.slice(0, RAW_PATH_MAX) : exchange.url;
  if (head.rawHeaders.length / 2 > headerCountMax + pseudoHeaders(exchange)) {
    throw new GatewayError('headers_too_large', `${head.rawHeaders.length / 2} headers, ${headerCountMax} are allowed`);
  }
  head.check(exchange.protocol === 'HTTP/1.0' ? 0 : 1);
  const target = parseRequestTarget(exchange.url, exchange.method === 'OPTIONS');
  setHost(exchange, target.authority);
  if (believed && (head.forwardedProto === 'https' || head.forwardedProto === 'http')) exchange.scheme = head.forwardedProto;
  exchange.query = target.query;
  exchange.path = target.path === '*' ? '*' : canonicalPath(target.path);
}

/** Every place that names the host must name the same one (RFC 9112 §3.2.2, RFC 9113 §8.3.1). */
function setHost(exchange: Exchange, absolute: string | null): void {
  const { head } = exchange;
  const named = absolute ?? exchange.authority ?? (head.hostCount > 0 ? head.host : '');
  // HTTP/1.0 has no Host to require; such a request is for whatever serves every host.
  if (named === '' && head.hostCount === 0 && exchange.protocol === 'HTTP/1.0') return;
  const { host, port } = parseHost(named);
  if (head.hostCount > 0 && head.host !== named) {
    const other = parseHost(head.host);
    if (other.host !== host || other.port !== port) throw new GatewayError('bad_host', 'Host and request target name different hosts');
  }
  exchange.host = host;
  exchange.hostPort = port;
}

function pseudoHeaders(exchange: Exchange): number {
  return exchange.authority === null ? 0 : 4;
}
