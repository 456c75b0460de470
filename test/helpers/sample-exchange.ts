import type { ClientCertificate } from '../../src/exchange/client-certificate.ts';
import { Exchange } from '../../src/exchange/exchange.ts';
import { RequestHead } from '../../src/exchange/request-head.ts';
import type { Sink } from '../../src/exchange/sink.ts';

export interface SampleRequest {
  readonly method?: string;
  readonly url?: string;
  readonly protocol?: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2';
  readonly secure?: boolean;
  /** `:authority` of HTTP/2. */
  readonly authority?: string | null;
  readonly peer?: string;
  /** What the client has shown of itself; default: nobody asked. */
  readonly client?: ClientCertificate | null;
  /** Names and values in turn. Default: `Host: a.test` over HTTP/1.1. */
  readonly headers?: readonly string[];
}

/** What a handler said to the client. */
export class RecordingSink implements Sink {
  headSent = false;
  closed = false;
  bytesOut = 0;
  pending = false;
  status = 0;
  headers: Record<string, string> = {};
  body = '';
  closesAfter = false;
  aborted = false;

  informational(): void {}
  continue(): void {}
  flush(): void {}

  head(status: number, _text: string, rawHeaders: string[]): void {
    this.headSent = true;
    this.status = status;
    for (let i = 0; i < rawHeaders.length; i += 2) this.headers[rawHeaders[i]!.toLowerCase()] = rawHeaders[i + 1]!;
  }

  write(chunk: Buffer): boolean {
    this.body += chunk.toString();
    return true;
  }

  end(chunk: Buffer | null): void {
    if (chunk !== null) this.write(chunk);
    this.closed = true;
  }

  abort(): void {
    this.aborted = true;
  }

  upgrade(): null {
    return null;
  }

  closeAfter(): void {
    this.closesAfter = true;
  }
}

/** A request without a connection, and where its answer goes. */
export function sampleExchange(request: SampleRequest = {}): { readonly exchange: Exchange; readonly sink: RecordingSink } {
  const { method = 'GET', url = '/', protocol = 'HTTP/1.1', secure = false, authority = null, peer = '192.0.2.1' } = request;
  const headers = request.headers ?? (protocol === 'HTTP/1.1' ? ['Host', 'a.test'] : []);
  const exchange = new Exchange({
    startedAtMs: 0, startedMs: 0, secure, protocol, tlsVersion: secure ? 'TLSv1.3' : '', method, url, authority,
    head: new RequestHead(headers), peerAddress: peer, localPort: secure ? 443 : 80, client: request.client ?? null, onEnd: () => undefined,
  });
  const sink = new RecordingSink();
  exchange.sink = sink;
  return { exchange, sink };
}
