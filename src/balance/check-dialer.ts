import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls, createSecureContext, type PeerCertificate } from 'node:tls';
import type { UpstreamTlsConfig } from '../config/upstream-config.ts';
import type { MemberSpec } from './member.ts';

/** Opens a connection for one check. */
type CheckDialer = () => Socket;

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ETIMEDOUT: 'connection timed out',
  ENOENT: 'no such socket',
  EACCES: 'permission denied',
  EMFILE: 'Sluice has no file descriptor left',
};

/**
 * @param port in place of the member's own; null: its own. A unix socket has none and ignores it.
 * @param alpn the protocol offered in TLS: many refuse a handshake that does not offer theirs.
 */
export function createCheckDialer(member: MemberSpec, tls: UpstreamTlsConfig, port: number | null, alpn: 'http/1.1' | 'h2' = 'http/1.1'): CheckDialer {
  const { target, address } = member;
  const place = target.path === null ? { host: address ?? target.host, port: port ?? member.port } : { path: target.path };
  if (!target.secure) return () => connectTcp(place);
  const serverName = tls.serverName ?? target.host;
  const options = {
    ...place,
    secureContext: createSecureContext({ minVersion: 'TLSv1.2', ...(tls.ca === null ? {} : { ca: tls.ca }) }),
    rejectUnauthorized: tls.verify,
    ALPNProtocols: [alpn],
    // An address is no name for SNI (RFC 6066 §3), but the certificate is for the target, not for the address it is reached at.
    ...(isIP(serverName) === 0 ? { servername: serverName } : {}),
    checkServerIdentity: (_host: string, certificate: PeerCertificate) => checkServerIdentity(serverName, certificate),
  };
  return () => connectTls(options);
}

/** Why a check failed, in a few words. */
export function connectionErrorWords(error: Error): string {
  const { code = '' }: NodeJS.ErrnoException = error;
  return WORDS[code] ?? (error.message === '' ? code : error.message);
}
