import type { ForwardedClaim } from '../../config/jwt-config.ts';
import { sentValue } from '../../exchange/sent-value.ts';
import { claimAt } from './claim-path.ts';
import type { Claims } from './verifier.ts';

const NOT_SENT = /\p{Cc}+/gu;

/** Claims as headers for the upstream, names and values in turn. */
export function forwardedHeaders(claims: Claims, forward: readonly ForwardedClaim[]): string[] {
  return forward.flatMap(({ header, path }) => {
    const value = sentValue(textOf(claimAt(claims, path)).replaceAll(NOT_SENT, ' '));
    return value === '' ? [] : [header, value];
  });
}

/** '' where there is nothing to be sent. */
function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  // A role named `user,admin` must not become two.
  return Array.isArray(value) ? value.map((item) => textOf(item).replaceAll(',', '%2C')).join(',') : JSON.stringify(value);
}
