import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import type { UpstreamTlsConfig } from '../config/upstream-config.ts';

/** After this long without a byte the kernel asks whether the other end still lives. */
const PROBE_AFTER_MS = 30_000;

interface ReadInto {
  buffer(): Uint8Array;
  /** False pauses. */
  callback(bytes: number, buffer: Uint8Array): boolean;
}

/** Where a connection goes. */
export interface DialAddress {
  /** Literal address or name; null for a unix socket. */
  readonly address: string | null;
  readonly port: number;
  /** Of a unix socket. */
  readonly path: string | null;
  readonly secure: boolean;
  /** Name for SNI and the check of the certificate, where the upstream gives no other. */
  readonly host: string;
}

/** How to reach a member; what can be prepared once, is. */
export interface DialPlan {
  readonly to: DialAddress;
  readonly tls: UpstreamTlsConfig;
  /** Null for a member without TLS. */
  readonly secureContext: SecureContext | null;
}

/** The CA of `tls`, if any, must be PEM: Node takes any other text for a list of none. */
export function dialPlan(to: DialAddress, tls: UpstreamTlsConfig): DialPlan {
  const options = { minVersion: 'TLSv1.2', ...(tls.ca === null ? {} : { ca: tls.ca }) } as const;
  return { to, tls, secureContext: to.secure ? createSecureContext(options) : null };
}

/**
 * Opens a connection to a target: TCP or unix socket, with TLS where the target says https.
 *
 * @param alpn the only protocol offered in TLS. @param onread null: the socket is read by whoever takes it over.
 */
export function dial({ to, tls, secureContext }: DialPlan, alpn: 'http/1.1' | 'h2', onread: ReadInto | null): Socket {
  const options = {
    ...(to.path === null
      ? { host: to.address ?? to.host, port: to.port, noDelay: true, keepAlive: true, keepAliveInitialDelay: PROBE_AFTER_MS }
      : { path: to.path }),
    ...(onread === null ? {} : { allowHalfOpen: true, onread }),
  };
  if (secureContext === null) return connectTcp(options as Parameters<typeof connectTcp>[0] & object);
  const serverName = tls.serverName ?? to.host;
  return connectTls({
    ...options,
    rejectUnauthorized: tls.verify,
    secureContext,
    // An address is no name for SNI (RFC 6066 §3); the certificate is checked against it all the same.
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    ALPNProtocols: [alpn],
  });
}

/**
 * Calls `listener` once the socket can be written to. Over TLS that is when the turn of the event loop ends: the read that
 * ended the handshake may bring bytes behind it, and whoever asks at once would take them for the answer (RFC 9112 §9.2).
 */
export function onceOpen(socket: Socket, { secureContext }: DialPlan, listener: () => void): void {
  if (secureContext === null) socket.once('connect', listener);
  else socket.once('secureConnect', () => setImmediate(listener));
}

/** True for errors of the TLS handshake and of certificate checks, false for errors of the network. */
export function isTlsError(error: NodeJS.ErrnoException): boolean {
  const code = error.code ?? '';
  return TLS_ERROR.test(code);
}

const TLS_ERROR = /^(?:ERR_TLS|ERR_SSL|EPROTO|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|INVALID_CA|HOSTNAME_MISMATCH|INVALID_PURPOSE|PATH_LENGTH|ERR_OSSL)/;
