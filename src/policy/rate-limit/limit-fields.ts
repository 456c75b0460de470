import type { NamedWindow } from '../../config/policies/rate-limit.ts';
import type { LimitVerdict } from './limit-store.ts';

/**
 * Value of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11 §3): the quota and its window in seconds. Names are
 * rates as they are written, so nothing in them needs a backslash.
 */
export function policyField(windows: readonly NamedWindow[]): string {
  return windows.map(({ name, requests, periodMs, burst }) => {
    const item = `"${name}";q=${requests};w=${periodMs / 1000}`;
    return burst === requests - 1 ? item : `${item};sluice-burst=${burst}`;
  }).join(', ');
}

/**
 * One item of `RateLimit` (§4): what is left, and for how many seconds it cannot be more. Behind a refusal these are the ones of
 * `Retry-After`, as §6 wants it. A burst above the quota is not told: what is left of a quota cannot be more than all of it.
 */
export function limitItem(windows: readonly NamedWindow[], { window: index, remaining, resetMs }: LimitVerdict): string {
  const window = windows[index];
  if (window === undefined) return '';
  const { name, requests, periodMs, burst } = window;
  const nextMs = resetMs - (burst - remaining) * (periodMs / requests);
  return `"${name}";r=${Math.min(remaining, requests)};t=${wholeSeconds(nextMs)}`;
}

/** Rounded up, and a hair of rounding before it down, so that nobody comes too soon, and 6 s are 6. */
export function wholeSeconds(ms: number): number {
  return Math.max(0, Math.ceil((ms - 1e-3) / 1000));
}
