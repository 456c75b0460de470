import type { RenewalWindow } from './acme-types.ts';

const HOUR_MS = 3_600_000;
/** RFC 9773, 4.3: a CA may be asked at most this often, and is asked at least so often. */
const ASK_AGAIN_MS_MIN = 60_000;
const ASK_AGAIN_MS_MAX = 24 * HOUR_MS;
/** Without the CA's advice: from two thirds of the life on, spread over this part of it. */
const SPREAD = 1 / 30;
/** Whatever is advised: a tenth of the life is left for tries that fail. */
const LATEST = 0.9;
/** A certificate that is due as soon as it is issued says that a clock is wrong; it must not be ordered in a circle. */
const AGE_MS_MIN = 6 * HOUR_MS;

interface CertificateLife {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** By our own clock. */
  readonly issuedAtMs: number;
}

export interface RenewalPlan {
  /** Epoch milliseconds; not later than now where it is due. */
  readonly renewAtMs: number;
  /** When to ask the CA for its advice again; null: it gives none. */
  readonly askAgainAtMs: number | null;
  /** For `sluice certs`. */
  readonly reason: string;
}

/**
 * When to renew: at a random moment of the CA's window (RFC 9773, 4.2), else at two thirds of the lifetime and a bit,
 * so that certificates of 6, 45 and 90 days all have time for failures.
 *
 * @param draw 0 to 1, drawn once for each certificate, so that asking again does not roll the dice again.
 */
export function planRenewal(life: CertificateLife, window: RenewalWindow | null, nowMs: number, draw: number): RenewalPlan {
  const lifetimeMs = Math.max(life.notAfterMs - life.notBeforeMs, 0);
  const latestMs = life.notBeforeMs + lifetimeMs * LATEST;
  const advisedMs = window === null
    ? life.notBeforeMs + lifetimeMs * (2 / 3 + SPREAD * draw)
    : window.startMs + (window.endMs - window.startMs) * draw;
  const earliestMs = life.issuedAtMs + Math.min(AGE_MS_MIN, lifetimeMs / 3);
  return {
    renewAtMs: Math.round(Math.max(Math.min(advisedMs, latestMs), Math.min(earliestMs, nowMs + AGE_MS_MIN))),
    askAgainAtMs: window === null ? null : nowMs + Math.min(Math.max(window.askAgainMs, ASK_AGAIN_MS_MIN), ASK_AGAIN_MS_MAX),
    reason: reasonOf(life, window, nowMs, advisedMs <= latestMs),
  };
}

function reasonOf(life: CertificateLife, window: RenewalWindow | null, nowMs: number, isAdvised: boolean): string {
  if (life.notAfterMs <= nowMs) return 'it has expired';
  if (window === null) return 'two thirds of its lifetime';
  if (!isAdvised) return 'nine tenths of its lifetime, sooner than the CA suggests';
  return window.explanationUrl === null ? 'the CA suggests it' : `the CA suggests it, see ${window.explanationUrl}`;
}
