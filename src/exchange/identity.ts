import type { Rate } from '../lib/rate.ts';
import { GatewayError } from './errors.ts';

/** Who sends a request, as the policies of its route have found out. */
export interface Identity {
  readonly kind: 'jwt' | 'apiKey' | 'basic' | 'forwardAuth';
  /** Subject, name of the key, user name. For logs and as the key of limits; '' where unknown. */
  readonly name: string;
  readonly roles: readonly string[];
  /** Of a JWT; empty for all others. */
  readonly claims: Readonly<Record<string, unknown>>;
  /** Limits of its own, in place of those that are for all; absent, and null: it has none. */
  readonly limits?: readonly Rate[] | null;
}

/**
 * @param exchange told who was recognised, so that the log says whom it refused.
 * @param needed any of these is enough; none: everybody may.
 * @throws GatewayError insufficient_permissions (RFC 6750 §3.1: insufficient_scope)
 */
export function requireRole(exchange: { identity: Identity | null }, identity: Identity, needed: readonly string[]): void {
  const { kind, name, roles } = identity;
  if (needed.length === 0 || needed.some((role) => roles.includes(role))) return;
  exchange.identity = identity;
  const headers = kind === 'jwt' ? ['WWW-Authenticate', 'Bearer error="insufficient_scope"'] : [];
  throw new GatewayError('insufficient_permissions', `${name === '' ? 'the client' : name} has none of the roles ${needed.join(', ')}`, { headers });
}
