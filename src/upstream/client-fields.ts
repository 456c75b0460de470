import type { Exchange } from '../exchange/exchange.ts';

/** Name under which we enter Via (RFC 9110 §7.6.3), and by which we see our own requests come back. */
const VIA_NAME = 'sluice';

/** Values of the headers that tell the upstream of its client. Each protocol writes them in its own way. */
interface ClientFields {
  readonly forwardedFor: string;
  readonly realIp: string;
  readonly proto: string;
  /** '' is not sent. */
  readonly host: string;
  readonly port: string | number;
  readonly forwarded: string;
  readonly via: string;
  readonly id: string;
}

/** The forwarding headers: appended to what a trusted proxy said, made afresh for everybody else. */
export function clientFields(exchange: Exchange): ClientFields {
  const { head, peerAddress, peerTrusted, scheme } = exchange;
  const peer = peerAddress === '' ? 'unknown' : peerAddress;
  const authority = authorityOf(exchange);
  const node = peer.includes(':') ? `"[${peer}]"` : peer;
  const element = `for=${node}${authority === '' ? '' : `;host="${authority}"`};proto=${scheme}`;
  const hop = exchange.protocol === 'HTTP/2' ? `2 ${VIA_NAME}` : `${exchange.protocol.slice(5)} ${VIA_NAME}`;
  return {
    forwardedFor: peerTrusted && head.forwardedFor !== '' ? `${head.forwardedFor}, ${peer}` : peer,
    realIp: exchange.clientAddress,
    proto: scheme,
    host: peerTrusted && head.forwardedHost !== '' ? head.forwardedHost : authority,
    port: peerTrusted && head.forwardedPort !== '' ? head.forwardedPort : portOf(exchange),
    forwarded: peerTrusted && head.forwarded !== '' ? `${head.forwarded}, ${element}` : element,
    via: head.via === '' ? hop : `${head.via}, ${hop}`,
    id: exchange.id,
  };
}

/** Host and port as the client addressed us, in canonical form. */
export function authorityOf(exchange: Exchange): string {
  return exchange.hostPort === null ? exchange.host : `${exchange.host}:${exchange.hostPort}`;
}

function portOf(exchange: Exchange): number {
  return exchange.hostPort ?? (exchange.scheme === 'https' ? 443 : 80);
}

/** Entries of Via that are ours (RFC 9110 §7.6.3): the name stands behind the protocol, as a word of its own. */
export function hopsOf(via: string): number {
  return via === '' ? 0 : via.split(',').filter((entry) => entry.trim().split(/\s+/)[1] === VIA_NAME).length;
}
