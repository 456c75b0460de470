/**
 * Every way a request can fail, in one table (DESIGN: status, who is to blame, when the client may
 * try again, what it is told). The code is the same in the answer, the access log and the metrics.
 */
interface ErrorKind {
  readonly status: number;
  readonly source: 'client' | 'gateway' | 'upstream';
  /** Of Retry-After, where the failure passes by itself; 0: the answer says nothing about it. */
  readonly retryAfterSeconds: number;
  readonly text: string;
}

export const ERRORS = {
  bad_request: { status: 400, source: 'client', retryAfterSeconds: 0, text: 'The request is not valid HTTP.' },
  bad_path: { status: 400, source: 'client', retryAfterSeconds: 0, text: 'The path of the request is not allowed.' },
  bad_host: { status: 400, source: 'client', retryAfterSeconds: 0, text: 'The host of the request is missing or not valid.' },
  client_certificate_required: { status: 403, source: 'client', retryAfterSeconds: 0, text: 'This host needs a valid client certificate.' },
  unauthorized: { status: 401, source: 'client', retryAfterSeconds: 0, text: 'Valid credentials are needed here.' },
  forbidden_address: { status: 403, source: 'client', retryAfterSeconds: 0, text: 'Access from this address is not allowed.' },
  forbidden_origin: { status: 403, source: 'client', retryAfterSeconds: 0, text: 'Pages of this origin have no access.' },
  forbidden: { status: 403, source: 'client', retryAfterSeconds: 0, text: 'Access is not allowed.' },
  insufficient_permissions: { status: 403, source: 'client', retryAfterSeconds: 0, text: 'These credentials do not give the permission needed here.' },
  no_route: { status: 404, source: 'client', retryAfterSeconds: 0, text: 'Nothing is served at this address.' },
  method_not_allowed: { status: 405, source: 'client', retryAfterSeconds: 0, text: 'This method is not allowed here.' },
  request_timeout: { status: 408, source: 'client', retryAfterSeconds: 0, text: 'The request did not arrive in time.' },
  body_too_large: { status: 413, source: 'client', retryAfterSeconds: 0, text: 'The body of the request is too large.' },
  expectation_failed: { status: 417, source: 'client', retryAfterSeconds: 0, text: 'The expectation of the request cannot be met.' },
  misdirected: { status: 421, source: 'client', retryAfterSeconds: 0, text: 'This host is not served on this connection.' },
  rate_limited: { status: 429, source: 'client', retryAfterSeconds: 1, text: 'Too many requests were sent in a short time.' },
  too_many_in_flight: { status: 429, source: 'client', retryAfterSeconds: 1, text: 'Too many requests at the same time.' },
  headers_too_large: { status: 431, source: 'client', retryAfterSeconds: 0, text: 'The headers of the request are too large or too many.' },
  client_closed: { status: 499, source: 'client', retryAfterSeconds: 0, text: 'The client went away before the answer was complete.' },
  client_too_slow: { status: 408, source: 'client', retryAfterSeconds: 0, text: 'The client sent or read too slowly.' },
  internal_error: { status: 500, source: 'gateway', retryAfterSeconds: 0, text: 'The gateway failed to handle the request.' },
  loop_detected: { status: 508, source: 'gateway', retryAfterSeconds: 0, text: 'The request came back to the gateway too often.' },
  limits_unavailable: { status: 503, source: 'gateway', retryAfterSeconds: 5, text: 'Requests cannot be counted right now.' },
  auth_unavailable: { status: 503, source: 'gateway', retryAfterSeconds: 5, text: 'Credentials cannot be checked right now.' },
  too_many_streams: { status: 503, source: 'gateway', retryAfterSeconds: 5, text: 'Too many streams are open here.' },
  no_healthy_target: { status: 503, source: 'gateway', retryAfterSeconds: 1, text: 'The service is not available right now.' },
  overloaded: { status: 503, source: 'gateway', retryAfterSeconds: 1, text: 'The service has as many requests as it can take.' },
  circuit_open: { status: 503, source: 'gateway', retryAfterSeconds: 1, text: 'The service is not available right now.' },
  upstream_connect_failed: { status: 503, source: 'upstream', retryAfterSeconds: 1, text: 'The service is not available right now.' },
  upstream_connect_timeout: { status: 504, source: 'upstream', retryAfterSeconds: 1, text: 'The service did not accept a connection in time.' },
  upstream_tls_failed: { status: 502, source: 'upstream', retryAfterSeconds: 0, text: 'The connection to the service could not be secured.' },
  upstream_reset: { status: 502, source: 'upstream', retryAfterSeconds: 0, text: 'The service closed the connection before it answered.' },
  upstream_timeout: { status: 504, source: 'upstream', retryAfterSeconds: 0, text: 'The service did not answer in time.' },
  upstream_bad_response: { status: 502, source: 'upstream', retryAfterSeconds: 0, text: 'The service gave an answer that is not valid HTTP.' },
  upstream_no_upgrade: { status: 502, source: 'upstream', retryAfterSeconds: 0, text: 'The service does not take connections of this kind.' },
  upstream_cut: { status: 502, source: 'upstream', retryAfterSeconds: 0, text: 'The service broke off its answer.' },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof ERRORS;

const NO_HEADERS: readonly string[] = [];

interface GatewayErrorOptions {
  readonly cause?: unknown;
  readonly headers?: readonly string[];
  readonly expired?: boolean;
}

/** A request that ends in an error of the table. `detail` goes to the log, never to the client. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly detail: string;
  /** For the answer: names and values in turn. A Retry-After among them takes the place of the table's. */
  readonly headers: readonly string[];
  /** What the client has shown was good once. */
  readonly expired: boolean;

  constructor(code: ErrorCode, detail: string, options: GatewayErrorOptions = {}) {
    super(`${code}: ${detail}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = detail;
    this.headers = options.headers ?? NO_HEADERS;
    this.expired = options.expired ?? false;
  }
}
