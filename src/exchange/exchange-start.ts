import type { ClientCertificate } from './client-certificate.ts';
import type { RequestHead } from './request-head.ts';

/** What is known of a request when its head has come in. */
export interface ExchangeStart {
  readonly startedAtMs: number;
  readonly startedMs: number;
  readonly secure: boolean;
  readonly protocol: string;
  readonly tlsVersion: string;
  readonly method: string;
  /** Request target as received. */
  readonly url: string;
  /** `:authority` of HTTP/2; null over HTTP/1.1. */
  readonly authority: string | null;
  readonly head: RequestHead;
  readonly peerAddress: string;
  readonly localPort: number;
  /** Null, and absent: nobody asked for a certificate. */
  readonly client?: ClientCertificate | null;
}
