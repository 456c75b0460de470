import type { UpstreamConfig } from '../config/upstream-config.ts';
import { connectionErrorWords, createCheckDialer } from './check-dialer.ts';
import type { Check } from './check-runs.ts';
import type { MemberSpec } from './member.ts';

/**
 * Whether a member takes connections: TCP or unix socket, and the whole TLS handshake with the
 * verification of the upstream where the target is https.
 *
 * @param port in place of the member's own; null: its own.
 */
export function createTcpCheck(member: MemberSpec, { tls, protocol }: Pick<UpstreamConfig, 'tls' | 'protocol'>, port: number | null): Check {
  const dial = createCheckDialer(member, tls, port, protocol === 'h2' ? 'h2' : 'http/1.1');
  const established = member.target.secure ? 'secureConnect' : 'connect';
  return (done) => {
    const socket = dial();
    socket.once(established, () => done({ isGood: true, text: 'connected' }));
    socket.on('error', (error) => done({ isGood: false, text: connectionErrorWords(error) }));
    return () => socket.destroy();
  };
}
