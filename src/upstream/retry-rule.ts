import type { RetryConfig } from '../config/upstream-config.ts';
import type { ErrorCode } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { OutcomeRecorder } from './upstream-runtime.ts';

/** How an attempt failed, as far as trying again is concerned. `final`: trying again would not help, or nobody is there to benefit. */
export type FailureKind = 'connect' | 'reset' | 'timeout' | 'status' | 'final';

/** Methods whose repetition changes nothing (RFC 9110 §9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export function kindOf(code: ErrorCode): FailureKind {
  switch (code) {
    case 'upstream_connect_failed':
    case 'upstream_connect_timeout':
    case 'upstream_tls_failed': return 'connect';
    case 'upstream_reset':
    case 'upstream_cut':
    case 'upstream_bad_response': return 'reset';
    case 'upstream_timeout': return 'timeout';
    default: return 'final';
  }
}

/** Doing it twice is the same as doing it once. An upgrade is not: the first one may have opened something. */
export function isIdempotent(exchange: Exchange): boolean {
  return exchange.upgrade === '' && IDEMPOTENT.has(exchange.method);
}

/**
 * Sending the request again can do no harm: nothing was sent, or done with what was, or twice is like once; and all
 * of it is still in hand.
 * @param nothingSent by the attempt that failed, or the upstream said that it did nothing with it. @param repeatable whether its body can be sent from the start.
 */
export function isSafeToRepeat(exchange: Exchange, nothingSent: boolean, repeatable: boolean): boolean {
  return !exchange.sink.headSent && (nothingSent || isIdempotent(exchange)) && repeatable;
}

/**
 * A connection that rested may be closed by the upstream just as we write to it. Nobody has read the request
 * then: it may go to the same member once more, on a new connection.
 */
export function isStale(attempt: { readonly reused: boolean; readonly answerStarted: boolean }, code: ErrorCode): boolean {
  return attempt.reused && code === 'upstream_reset' && !attempt.answerStarted;
}

function retriesOn(kind: FailureKind, status: number, { onConnect, onReset, onTimeout, statuses }: RetryConfig): boolean {
  switch (kind) {
    case 'connect': return onConnect;
    case 'reset': return onReset;
    case 'timeout': return onTimeout;
    case 'status': return statuses.includes(status);
    case 'final': return false;
  }
}

/** What one request may still try again. */
export class RetryAllowance {
  readonly #retry: RetryConfig;
  readonly #outcomes: OutcomeRecorder;
  #used = 0;

  constructor(retry: RetryConfig, outcomes: OutcomeRecorder) {
    this.#retry = retry;
    this.#outcomes = outcomes;
  }

  /** Whether this request would be tried again after such a failure, budget aside. */
  covers(kind: FailureKind, status: number): boolean {
    return this.#used < this.#retry.attempts && retriesOn(kind, status, this.#retry);
  }

  /** @returns false: the upstream's budget is used up. */
  take(): boolean {
    if (!this.#outcomes.retryAllowed()) return false;
    this.#used += 1;
    return true;
  }
}
