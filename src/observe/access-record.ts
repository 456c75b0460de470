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
  /** `HTTP/1.1`, `HTTP/2`. */
  readonly protocol: string;
  /** `TLSv1.3`, or '' on a plain connection. */
  readonly tlsVersion: string;
  readonly clientAddress: string;
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
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly totalMs: number;
  readonly connectMs: number;
  readonly headMs: number;
  readonly responseMs: number;
  /** What an upgraded connection spoke (`websocket`), or ''. */
  readonly upgrade: string;
}
