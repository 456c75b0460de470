import type { Duplex } from 'node:stream';
import type { ErrorCode } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Clock } from '../lib/clock.ts';
import { Watched, type Deadlines } from '../lib/deadlines.ts';
import { endToEndHeaders } from '../respond/response-headers.ts';
import type { Borrower } from './memory-ring.ts';
import type { ResponseHead } from './response-head.ts';
import type { CallUser, UpstreamCall } from './upstream-call.ts';
import { encodeClose, FrameBoundary } from './websocket-frames.ts';

/** Close code for an endpoint that goes away (RFC 6455 §7.4.1). */
const GOING_AWAY = 1001;
/** How long the two ends have to finish once one has said goodbye. */
const GOODBYE_MS = 5000;

/** Where open tunnels are known, so that a drain finds them. */
export interface TunnelHost {
  add(tunnel: Tunnel): void;
  remove(tunnel: Tunnel): void;
}

interface TunnelOptions {
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly host: TunnelHost;
  /** Without a byte in either direction; Infinity: no bound. */
  readonly idleMs: number;
  /** Response headers to add to the upstream's; null: none. */
  readonly extraHeaders: readonly string[] | null;
  /** Called once when the tunnel has ended. */
  readonly onEnd: () => void;
}

/**
 * An upgraded connection: bytes in both directions, untouched, with the backpressure of each side passed
 * on to the other. Of a WebSocket only the frame boundaries are watched, to be able to say 1001 at a drain.
 */
export class Tunnel extends Watched implements CallUser, Borrower {
  readonly #exchange: Exchange;
  readonly #call: UpstreamCall;
  readonly #client: Duplex;
  readonly #options: TunnelOptions;
  readonly #boundary: FrameBoundary | null;
  #clientEnded = false;
  #upstreamEnded = false;
  /** The gateway wants to end the tunnel, and does as soon as no frame is half sent. */
  #draining = false;
  #saidGoodbye = false;
  #over = false;

  /** Tells the client that the connection is its tunnel now; null where the client has gone. */
  static start(exchange: Exchange, call: UpstreamCall, head: ResponseHead, options: TunnelOptions): Tunnel | null {
    const headers = [...endToEndHeaders(head.rawHeaders, head.connectionTokens, false), ...(options.extraHeaders ?? [])];
    const client = exchange.upgradeTo(head.upgradeTo, headers);
    const boundary = head.upgradeTo.toLowerCase() === 'websocket' ? new FrameBoundary() : null;
    return client === null ? null : new Tunnel(exchange, call, client, boundary, options);
  }

  private constructor(exchange: Exchange, call: UpstreamCall, client: Duplex, boundary: FrameBoundary | null, options: TunnelOptions) {
    super();
    this.#exchange = exchange;
    this.#call = call;
    this.#client = client;
    this.#options = options;
    this.#boundary = boundary;
    exchange.status = exchange.protocol === 'HTTP/2' ? 200 : 101;
    call.handOver(this);
    this.#touch();
    options.deadlines.add(this);
    options.host.add(this);
    client.on('data', (chunk: Buffer) => this.#onClientBytes(chunk));
    client.on('drain', () => call.resume());
    client.on('end', () => this.#onClientEnd());
    client.on('error', (error) => this.#finish('client_closed', error.message));
    client.on('close', () => {
      options.deadlines.remove(this);
      this.#finish(this.#upstreamEnded || this.#clientEnded ? '' : 'client_closed', 'the client closed the connection');
    });
  }

  get pending(): boolean {
    return this.#client.writableLength > 0;
  }

  /** Ends a WebSocket with 1001 between two frames; another protocol is left to its two ends. */
  drain(): void {
    if (this.#boundary === null) return;
    this.#draining = true;
    this.#sayGoodbye();
  }

  destroy(): void {
    this.#finish('', '');
  }

  override onDeadline(): void {
    if (this.#over) {
      this.#client.destroy();
      return;
    }
    const expected = this.#saidGoodbye || this.#clientEnded || this.#upstreamEnded;
    this.#finish(expected ? '' : 'upstream_timeout', `no byte in either direction within ${this.#options.idleMs / 1000} s`);
  }

  onTunnelBytes(buffer: Buffer, start: number, end: number): void {
    // After our Close frame the client must see nothing more (RFC 6455 §5.5.1).
    if (this.#saidGoodbye) return;
    this.#touch();
    // In heavy traffic no read ends where a frame does: what follows the one that is half sent is left out.
    const stop = this.#boundary?.push(buffer, start, end, this.#draining) ?? end;
    this.#exchange.bytesOut += stop - start;
    if (!this.#client.write(this.#call.buffer.lend(this, buffer.subarray(start, stop)))) this.#call.pause();
    if (this.#draining) this.#sayGoodbye();
  }

  onWritable(): void {
    this.#client.resume();
  }

  onTunnelEnd(): void {
    this.#upstreamEnded = true;
    this.#client.end();
    this.#halfClosed();
  }

  onFailure(_code: ErrorCode, detail: string): void {
    const clean = this.#upstreamEnded || this.#saidGoodbye || this.#boundary?.closeSeen === true;
    this.#finish(clean ? '' : 'upstream_cut', detail);
  }

  onConnected(): void {}
  onReadEnd(): void {}
  onInformational(): void {}
  onHead(): void {}
  onBody(): void {}
  onTrailers(): void {}
  onComplete(): void {}

  #onClientBytes(chunk: Buffer): void {
    this.#touch();
    this.#exchange.bytesIn += chunk.length;
    if (!this.#call.write(chunk)) this.#client.pause();
  }

  #onClientEnd(): void {
    this.#clientEnded = true;
    this.#call.end();
    this.#halfClosed();
  }

  /** One direction has ended. A WebSocket's other end has nothing more to say then; of other protocols it may say all it has. */
  #halfClosed(): void {
    const both = this.#clientEnded && this.#upstreamEnded;
    if (both && !this.pending) this.#finish('', '');
    else if (both || this.#boundary !== null) this.deadlineMs = this.#options.deadlines.after(GOODBYE_MS);
  }

  #sayGoodbye(): void {
    if (this.#saidGoodbye || this.#boundary === null || this.#boundary.closeSeen || !this.#boundary.atBoundary) return;
    this.#saidGoodbye = true;
    this.#client.write(encodeClose(GOING_AWAY, false));
    this.deadlineMs = this.#options.deadlines.after(GOODBYE_MS);
  }

  #touch(): void {
    if (this.#saidGoodbye || (this.#boundary !== null && (this.#clientEnded || this.#upstreamEnded))) return;
    this.deadlineMs = this.#options.deadlines.after(this.#options.idleMs);
  }

  #finish(code: ErrorCode | '', detail: string): void {
    if (this.#over) return;
    this.#over = true;
    if (code !== '') this.#exchange.fail(code, detail);
    const { deadlines, host, onEnd } = this.#options;
    host.remove(this);
    this.#call.destroy();
    // What was written before the end still goes out, to a client that reads it in time.
    this.deadlineMs = deadlines.after(GOODBYE_MS);
    if (this.#upstreamEnded || this.#saidGoodbye) this.#client.end(() => this.#client.destroy());
    else this.#client.destroy();
    onEnd();
    this.#exchange.end();
  }
}
