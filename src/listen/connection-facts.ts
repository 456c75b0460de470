import type { ServerResponse } from 'node:http';
import type { ClientCertificate } from '../exchange/client-certificate.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Turns } from './turns.ts';

/** What is true of a client connection for as long as it lives, found out once instead of per request. */
export class ConnectionFacts {
  /** Without IPv6 mapping and zone; '' on a unix socket. */
  readonly peerAddress: string;
  readonly localPort: number;
  readonly secure: boolean;
  /** `TLSv1.3`; '' on a plain connection. */
  readonly tlsVersion: string;
  /** Null where nobody asked for a certificate. */
  readonly client: ClientCertificate | null;
  /** When it could begin to send requests, monotonic; of an HTTP/1.1 connection. */
  acceptedMs = 0;
  /** When a drain first found it without work, monotonic; of an HTTP/1.1 connection. */
  idleSinceMs: number | null = null;
  /** Of an HTTP/1.1 connection. */
  turns: Turns | null = null;
  /** The last request of an HTTP/1.1 connection, to be told of what its parser finds later. */
  exchange: Exchange | null = null;
  /** The answer to it, as Node knows it. */
  response: ServerResponse | null = null;
  /** The parser has found what it cannot read; nothing that follows will be. */
  isGivenUp = false;

  constructor(peerAddress: string, localPort: number, secure: boolean, tlsVersion: string, client: ClientCertificate | null = null) {
    this.peerAddress = peerAddress;
    this.localPort = localPort;
    this.secure = secure;
    this.tlsVersion = tlsVersion;
    this.client = client;
  }

  /** The exchange has ended: an idle connection holds on to nothing of it, and the next in line has its turn. */
  release(exchange: Exchange): void {
    if (this.exchange === exchange) {
      this.exchange = null;
      this.response = null;
    }
    this.turns?.leave(exchange);
  }
}
