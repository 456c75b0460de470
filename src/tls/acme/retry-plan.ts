import { AcmeError } from './acme-types.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** A CA that is down comes back by itself, so it is not left alone for a day. */
const PASSING_MS_MAX = HOUR_MS;
const PASSING = new Set(['network', 'timeout', 'serverInternal', 'badNonce']);

/** Somebody has to change something, at the CA or in the configuration: there is no hurry. */
const LASTING = new Set([
  'accountDoesNotExist', 'badPublicKey', 'caa', 'externalAccountRequired', 'invalidContact', 'invalidProfile',
  'rateLimited', 'rejectedIdentifier', 'unsupportedIdentifier', 'userActionRequired',
]);

/** Gateways that failed together must not come back together. */
const JITTER = 0.2;

/**
 * How long to wait after a failed issue: a minute, then twice as long each time up to a day; up to an hour where the
 * failure passes by itself, from an hour where it does not. Never less than the CA's Retry-After.
 *
 * @param failures in a row, the last one counted: 1, 2, …
 * @param random as `Math.random`.
 */
export function retryDelayMs(failures: number, error: unknown, random: () => number): number {
  const type = error instanceof AcmeError ? error.type : '';
  const askedMs = error instanceof AcmeError ? (error.retryAfterMs ?? 0) : 0;
  const firstMs = LASTING.has(type) ? HOUR_MS : MINUTE_MS;
  const mostMs = PASSING.has(type) ? PASSING_MS_MAX : DAY_MS;
  const backOffMs = Math.min(firstMs * 2 ** Math.max(failures - 1, 0), mostMs);
  // Only ever later than asked for, and less than a day after the longest.
  return Math.round(Math.max(backOffMs * (1 - JITTER), askedMs) + backOffMs * JITTER * random());
}
