/** What is known of one request when it has ended; the access log and the metrics read it. Times in ms, -1: did not happen. */
export interface AccessRecord {
  readonly id: string;
  /** Epoch milliseconds of the first byte of the request. */
  readonly startedAtMs: number;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** Lower case, without port; '' where it was not valid. */
  readonly host: string;
  /** Canonical path; the raw one, made safe for a log, where there is no canonical one. */
  readonly path: string;
  /** With its `?`, or ''. */
  readonly query: string;
  /** The request target as it came; only to be shown without what is secret in it (privacy.ts). */
  readonly url: string;
  /** `HTTP/1.1`, `HTTP/2`. */
  readonly protocol: string;
  /** `TLSv1.3`, or '' on a plain connection. */
  readonly tlsVersion: string;
  readonly clientAddress: string;
  /** Of the other end of the connection; '' on a unix socket. */
  readonly peerAddress: string;
  readonly localPort: number;
  /** Headers as they came, names and values in turn. */
  readonly head: { readonly rawHeaders: readonly string[] };
  /** Names of headers that are not passed on, as they may hold a credential; null: none. */
  readonly withheld: { has(name: string): boolean } | null;
  /** Of the answer as the client got it, names and values in turn; empty without one. */
  readonly answerHeaders: readonly string[];
  /** Whom policies have recognised. */
  readonly identity: { readonly kind: string; readonly name: string } | null;
  /** Of the trace that the request is part of, or ''. */
  readonly traceId: string;
  readonly userAgent: string;
  readonly referer: string;
  readonly routeId: string;
  readonly upstream: string;
  readonly target: string;
  /** Connections tried for this request. */
  readonly attempts: number;
  readonly status: number;
  /** A code of exchange/errors.ts, or ''. */
  readonly errorCode: string;
  /** Cause in words, for the log only. */
  readonly errorDetail: string;
  /** What was read of the body to be sent on, and of a tunnel. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly totalMs: number;
  /** Of the start of the last attempt; the times below count from the beginning of the request, too. */
  readonly attemptMs: number;
  readonly connectMs: number;
  readonly headMs: number;
  readonly responseMs: number;
  /** What an upgraded connection spoke (`websocket`), or ''. */
  readonly upgrade: string;
}
