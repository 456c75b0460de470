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
 * @param needed any of these is enough; none: everybody may.
 * @throws GatewayError insufficient_permissions (RFC 6750 §3.1: insufficient_scope)
 */
export function requireRole({ kind, name, roles }: Identity, needed: readonly string[]): void {
  if (needed.length === 0 || needed.some((role) => roles.includes(role))) return;
  const headers = kind === 'jwt' ? ['WWW-Authenticate', 'Bearer error="insufficient_scope"'] : [];
  throw new GatewayError('insufficient_permissions', `${name === '' ? 'the client' : name} has none of the roles ${needed.join(', ')}`, { headers });
}
