import { randomUUID } from 'node:crypto';
import type { ListenLimits } from '../config/config.ts';
import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { METHODS } from '../lib/node-http.ts';
import { parseHost } from './host.ts';
import { canonicalPath } from './path.ts';
import { parseRequestTarget } from './request-target.ts';
import type { TraceEntry } from './trace-entry.ts';
import type { TrustedProxies } from './trusted-proxies.ts';

const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;
const RAW_PATH_MAX = 256;
/** Those of the HTTP/1.1 parser. HTTP/2 lets any word pass, such as `trace`, which not everybody tells from TRACE. */
const METHODS_KNOWN: ReadonlySet<string> = new Set(METHODS);
const PROTOCOLS: ReadonlySet<string> = new Set(['HTTP/1.0', 'HTTP/1.1', 'HTTP/2']);
/** What a field costs beyond its octets (RFC 9113 §6.5.2). */
const FIELD_OVERHEAD = 32;
const COLON = 0x3a;

/**
 * Turns what the client sent into what the rest of the path relies on: one canonical path, one host, one
 * client address, one id. What only a proxy may say is believed from trusted ones alone.
 * @throws GatewayError bad_request, bad_path, bad_host, headers_too_large, expectation_failed, method_not_allowed
 */
export function trustRequest(exchange: Exchange, proxies: TrustedProxies, limits: ListenLimits, traces: TraceEntry): void {
  const { head, peerAddress } = exchange;
  exchange.peerTrusted = proxies.isTrusted(peerAddress);
  traces.begin(exchange);
  const believed = exchange.peerTrusted;
  exchange.clientAddress = believed && head.forwardedFor !== '' ? proxies.clientAddress(peerAddress, head.forwardedFor) : peerAddress;
  exchange.id = believed && REQUEST_ID.test(head.requestId) ? head.requestId : randomUUID();
  // Until there is a canonical path, the log shows what came, without the query: a secret may stand there.
  exchange.path = rawPath(exchange.url);
  checkSize(exchange, limits);
  if (!PROTOCOLS.has(exchange.protocol)) throw new GatewayError('bad_request', `${exchange.protocol} is not spoken here`);
  // Its target is no path, and a gateway opens no tunnels to wherever a client likes.
  if (exchange.method === 'CONNECT') throw new GatewayError('method_not_allowed', 'CONNECT');
  if (exchange.protocol === 'HTTP/2' && !METHODS_KNOWN.has(exchange.method)) throw new GatewayError('method_not_allowed', exchange.method);
  head.check(exchange.protocol === 'HTTP/1.0' ? 0 : 1);
  const target = parseRequestTarget(exchange.url, exchange.method === 'OPTIONS');
  setHost(exchange, target.authority);
  if (believed && (head.forwardedProto === 'https' || head.forwardedProto === 'http')) exchange.scheme = head.forwardedProto;
  exchange.path = target.path === '*' ? '*' : canonicalPath(target.path);
  // Last, because it may hold secrets, and only a request that has a route is told apart from them.
  exchange.query = target.query;
}

function rawPath(url: string): string {
  const query = url.indexOf('?');
  return url.slice(0, query === -1 ? RAW_PATH_MAX : Math.min(query, RAW_PATH_MAX));
}

/** The HTTP/1.1 parser bounds the size by itself; HTTP/2 tells a client by a reset at best. */
function checkSize({ head: { rawHeaders }, protocol }: Exchange, { headerCountMax, headerBytesMax }: ListenLimits): void {
  let count = rawHeaders.length / 2;
  if (protocol === 'HTTP/2') {
    let bytes = 0;
    for (let i = 0; i < rawHeaders.length; i += 2) {
      bytes += rawHeaders[i]!.length + rawHeaders[i + 1]!.length + FIELD_OVERHEAD;
      if (rawHeaders[i]!.charCodeAt(0) === COLON) count -= 1;
    }
    if (bytes > headerBytesMax) throw new GatewayError('headers_too_large', `${bytes} bytes of headers, ${headerBytesMax} are allowed`);
  }
  if (count > headerCountMax) throw new GatewayError('headers_too_large', `${count} headers, ${headerCountMax} are allowed`);
}

/** Every place that names the host must name the same one (RFC 9112 §3.2.2, RFC 9113 §8.3.1). */
function setHost(exchange: Exchange, absolute: string | null): void {
  const { head, protocol } = exchange;
  // HTTP/2 has a field for the authority; a target that names one as well could name another one.
  if (absolute !== null && protocol === 'HTTP/2') throw new GatewayError('bad_request', 'an HTTP/2 target in absolute form');
  const named = absolute ?? exchange.authority ?? (head.hostCount > 0 ? head.host : '');
  // HTTP/1.0 has no Host to require; such a request is for whatever serves every host.
  if (named === '' && head.hostCount === 0 && protocol === 'HTTP/1.0') return;
  if (head.hostCount === 0 && protocol === 'HTTP/1.1') throw new GatewayError('bad_host', 'no Host header');
  const { host, port } = parseHost(named);
  if (head.hostCount > 0 && head.host !== named) {
    const other = parseHost(head.host);
    // The port of a scheme may be written or left out (RFC 9110 §4.2.3).
    const portDefault = exchange.secure ? 443 : 80;
    if (other.host !== host || (other.port ?? portDefault) !== (port ?? portDefault)) {
      throw new GatewayError('bad_host', 'Host and request target name different hosts');
    }
  }
  exchange.host = host;
  exchange.hostPort = port;
}
