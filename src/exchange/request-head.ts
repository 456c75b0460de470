import { GatewayError } from './errors.ts';
import { HeaderKind, headerKind } from './header-kinds.ts';

/** Headers of a request that decide its path through the gateway, found in one pass over the raw list. */
export class RequestHead {
  readonly rawHeaders: readonly string[];
  host = '';
  hostCount = 0;
  /** -1 without one. */
  contentLength = -1;
  transferEncoding = '';
  connection = '';
  /** Lower case; '' without one. */
  upgrade = '';
  expect = '';
  forwardedFor = '';
  forwarded = '';
  forwardedHost = '';
  forwardedPort = '';
  forwardedProto = '';
  via = '';
  requestId = '';
  traceparent = '';
  traceparentCount = 0;
  tracestate = '';
  userAgent = '';
  referer = '';
  accept = '';
  te = '';
  authorizationCount = 0;
  #lengthFault = '';
  /** There is one, be it empty. */
  #hasCoding = false;

  constructor(rawHeaders: readonly string[]) {
    this.rawHeaders = rawHeaders;
    for (let i = 0; i < rawHeaders.length; i += 2) {
      const name = rawHeaders[i]!;
      const kind = headerKind(name);
      if (kind > HeaderKind.Drop) this.#note(kind, rawHeaders[i + 1]!);
    }
  }

  /** Something follows the head, or may: where the length is wrong, nobody knows. */
  get announcesBody(): boolean {
    return this.contentLength > 0 || this.#hasCoding || this.#lengthFault !== '';
  }

  /**
   * Refuses what leaves doubt about where the request ends or whom it is for (RFC 9112 §6.1, §3.2).
   * The HTTP parser has refused most of it already; this is what it lets through.
   * @throws GatewayError bad_request, bad_host, expectation_failed
   */
  check(minorVersion: number): void {
    if (this.#lengthFault !== '') throw new GatewayError('bad_request', this.#lengthFault);
    if (this.hostCount > 1) throw new GatewayError('bad_host', 'more than one Host header');
    if (this.authorizationCount > 1) throw new GatewayError('bad_request', 'more than one Authorization header');
    if (this.#hasCoding) {
      if (minorVersion === 0) throw new GatewayError('bad_request', 'Transfer-Encoding in an HTTP/1.0 request');
      if (this.transferEncoding.toLowerCase() !== 'chunked') {
        throw new GatewayError('bad_request', `Transfer-Encoding is "${this.transferEncoding}", only chunked is supported`);
      }
      if (this.contentLength !== -1) throw new GatewayError('bad_request', 'Content-Length beside Transfer-Encoding');
    }
    if (this.expect !== '' && this.expect.toLowerCase() !== '100-continue') {
      throw new GatewayError('expectation_failed', `Expect is "${this.expect}"`);
    }
  }

  #note(kind: HeaderKind, value: string): void {
    switch (kind) {
      case HeaderKind.Host: this.host = value; this.hostCount += 1; break;
      case HeaderKind.ContentLength: this.#noteLength(value); break;
      case HeaderKind.TransferEncoding: this.transferEncoding = join(this.transferEncoding, value); this.#hasCoding = true; break;
      case HeaderKind.Connection: this.connection = join(this.connection, value.toLowerCase()); break;
      case HeaderKind.Upgrade: this.upgrade = join(this.upgrade, value.toLowerCase()); break;
      case HeaderKind.Expect: this.expect = join(this.expect, value); break;
      case HeaderKind.ForwardedFor: this.forwardedFor = join(this.forwardedFor, value); break;
      case HeaderKind.Forwarded: this.forwarded = join(this.forwarded, value); break;
      case HeaderKind.ForwardedHost: this.forwardedHost = value; break;
      case HeaderKind.ForwardedPort: this.forwardedPort = value; break;
      case HeaderKind.ForwardedProto: this.forwardedProto = value; break;
      case HeaderKind.Via: this.via = join(this.via, value); break;
      case HeaderKind.RequestId: this.requestId = value; break;
      case HeaderKind.Traceparent: this.traceparent = value; this.traceparentCount += 1; break;
      case HeaderKind.Tracestate: this.tracestate = join(this.tracestate, value); break;
      case HeaderKind.UserAgent: this.userAgent = value; break;
      case HeaderKind.Referer: this.referer = value; break;
      case HeaderKind.Accept: this.accept = join(this.accept, value); break;
      case HeaderKind.Te: this.te = join(this.te, value.toLowerCase()); break;
      case HeaderKind.Authorization: this.authorizationCount += 1; break;
      default: break;
    }
  }

  #noteLength(value: string): void {
    const length = Number(value);
    if (this.contentLength !== -1) this.#lengthFault = 'more than one Content-Length header';
    else if (!/^\d{1,16}$/.test(value) || !Number.isSafeInteger(length)) this.#lengthFault = `Content-Length is "${value}"`;
    else this.contentLength = length;
  }
}

function join(before: string, value: string): string {
  return before === '' ? value : `${before}, ${value}`;
}
