import type { Socket } from 'node:net';
import type { ErrorCode } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { Watched } from '../lib/deadlines.ts';
import { dial, isTlsError, onceOpen, type DialPlan } from './dial.ts';
import { ReadBuffer } from './read-buffer.ts';
import { RequestOutput } from './request-output.ts';
import { requestHead, type RequestLine } from './request-writer.ts';
import type { ResponseHead } from './response-head.ts';
import { ResponseParser, type ResponseHandler } from './response-parser.ts';
import type { CallUser, UpstreamCall } from './upstream-call.ts';

const UNASKED = 'bytes came before the request was sent';
type State = 'connecting' | 'http' | 'idle' | 'tunnel' | 'closed';

/** The pool: told that a call is over, and once that its connection is closed. */
interface ConnectionHome {
  release(connection: UpstreamConnection): void;
  forget(connection: UpstreamConnection): void;
}

/** One TCP or TLS connection to a target that speaks HTTP/1.1. While it is idle, its deadline is the idle time-out of the pool. */
export class UpstreamConnection extends Watched implements UpstreamCall, ResponseHandler {
  /** Closed before anything of the request was on its way. */
  unprocessed = false;
  readonly openedMs: number;
  readonly buffer = new ReadBuffer();
  /** Answers received; above 0 the connection is old, and the upstream may be closing it this very moment. */
  served = 0;
  #state: State = 'connecting';
  #user: CallUser | null;
  #keepAlive = false;
  #paused = false;
  readonly #parser = new ResponseParser(this);
  readonly #socket: Socket;
  readonly #output: RequestOutput;
  readonly #home: ConnectionHome;

  constructor(plan: DialPlan, nowMs: number, user: CallUser, home: ConnectionHome) {
    super();
    this.openedMs = nowMs;
    this.#user = user;
    this.#home = home;
    const socket = dial(plan, 'http/1.1', { buffer: () => this.buffer.next(), callback: (bytes, buffer) => this.#onRead(buffer as Buffer, bytes) });
    this.#socket = socket;
    this.#output = new RequestOutput(socket);
    onceOpen(socket, plan, () => this.#onConnected());
    socket.on('drain', () => this.#user?.onWritable());
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => this.#onError(error));
    socket.on('close', () => this.#onClosed());
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  get ready(): boolean {
    return this.#state !== 'connecting';
  }

  get reused(): boolean {
    return this.served > 0;
  }

  get allWritten(): boolean {
    return this.#socket.writableLength === 0;
  }

  get answerStarted(): boolean {
    return this.#parser.started;
  }

  /** The last answer was complete and allows another one after it on this connection. */
  get reusable(): boolean {
    return this.#keepAlive && !this.#output.waits && this.#parser.complete && this.#state === 'http';
  }

  /** Starts a request on a connection that rested in the pool. */
  use(user: CallUser): void {
    this.#state = 'http';
    this.#user = user;
  }

  handOver(user: CallUser): void {
    this.#user = user;
  }

  /** Ends the use of a connection that is to be kept: from now on a byte or an end closes it. */
  rest(): void {
    this.#state = 'idle';
    this.served += 1;
    this.#user = null;
    this.buffer.shrink();
    if (this.#paused) this.resume();
  }

  send(exchange: Exchange, line: RequestLine): void {
    this.begin(exchange.method, exchange.upgrade !== '');
    this.#output.head(requestHead(exchange, line), exchange.body !== null && exchange.head.contentLength === -1);
  }

  /** Expects the answer to `method`. */
  begin(method: string, upgrade: boolean): void {
    this.#keepAlive = false;
    this.#parser.begin(method, upgrade);
  }

  write(chunk: Buffer): boolean {
    return this.#output.write(chunk);
  }

  endBody(): void {
    this.#output.endBody();
  }

  end(): void {
    this.#socket.end();
  }

  pause(): void {
    this.#paused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#socket.resume();
  }

  release(): void {
    this.#home.release(this);
  }

  destroy(): void {
    this.#user = null;
    this.#parser.stop();
    this.unprocessed ||= this.#output.waits;
    this.#output.drop();
    this.#socket.destroy();
    this.#onClosed();
  }

  /** An idle connection has outlived its time. */
  override onDeadline(): void {
    this.destroy();
  }

  onInformational(head: ResponseHead): void {
    this.#user?.onInformational(head);
  }

  onHead(head: ResponseHead): void {
    this.#keepAlive = head.keepAlive;
    if (head.upgrade) this.#state = 'tunnel';
    if (head.upgrade || head.eventStream) this.buffer.share();
    this.#user?.onHead(head);
  }

  onBody(buffer: Buffer, start: number, end: number): void {
    this.#user?.onBody(buffer, start, end);
  }

  onTrailers(rawTrailers: string[]): void {
    this.#user?.onTrailers(rawTrailers);
  }

  onComplete(): void {
    this.#user?.onComplete();
  }

  #onConnected(): void {
    if (this.#state !== 'connecting') return;
    this.#state = 'http';
    this.#user?.onConnected();
  }

  /** @returns false to stop reading for now. */
  #onRead(buffer: Buffer, bytes: number): boolean {
    this.buffer.filled(bytes);
    try {
      this.#take(buffer, bytes);
    } catch (error) {
      // A bug ends the request it befell at once, not at its deadline, and is logged by whoever watches the process.
      this.#fail('internal_error', String(error));
      throw error;
    }
    return !this.#paused;
  }

  #take(buffer: Buffer, bytes: number): void {
    switch (this.#state) {
      case 'http': this.#readAnswer(buffer, bytes); break;
      case 'tunnel': this.#user?.onTunnelBytes(buffer, 0, bytes); break;
      case 'connecting': this.#fail('upstream_bad_response', UNASKED); break;
      // Bytes nobody asked for: what they answer is not known, so the connection is no good (RFC 9112 §9.2).
      default: this.destroy();
    }
    this.#user?.onReadEnd();
  }

  #readAnswer(buffer: Buffer, bytes: number): void {
    // The upstream closes a connection that rested, with a 408 perhaps: it is no answer to what was not sent yet.
    if (this.#output.waits) return this.reused ? this.#fail('upstream_reset', 'closed before the request was sent') : this.#fail('upstream_bad_response', UNASKED);
    const used = this.#parser.execute(buffer, 0, bytes);
    if (used === -1) {
      this.#fail('upstream_bad_response', this.#parser.fault ?? 'not valid HTTP');
    } else if (used < bytes) {
      if (this.#state === 'tunnel') this.#user?.onTunnelBytes(buffer, used, bytes);
      // The answer was whole, but what follows it is not ours: the client gets its answer, nobody else this connection.
      else this.#keepAlive = false;
    }
  }

  #onEnd(): void {
    if (this.#state === 'tunnel') {
      this.#user?.onTunnelEnd();
      return;
    }
    if (this.#state === 'connecting') this.#fail('upstream_connect_failed', 'closed within the TLS handshake');
    else if (this.#state === 'http' && this.#user !== null) {
      const wrong = this.#parser.finish();
      if (wrong !== null) this.#fail(this.#parser.started ? 'upstream_cut' : 'upstream_reset', wrong);
      else this.#user?.onReadEnd();
    }
    this.destroy();
  }

  #onError(error: NodeJS.ErrnoException): void {
    const detail = error.message === '' ? (error.code ?? 'unknown error') : error.message;
    if (this.#state === 'connecting') this.#fail(isTlsError(error) ? 'upstream_tls_failed' : 'upstream_connect_failed', detail);
    else this.#fail(this.#parser.started ? 'upstream_cut' : 'upstream_reset', detail);
  }

  #fail(code: ErrorCode, detail: string): void {
    const user = this.#user;
    this.destroy();
    user?.onFailure(code, detail);
  }

  #onClosed(): void {
    if (this.#state === 'closed') return;
    const before = this.#state;
    this.#state = 'closed';
    this.#home.forget(this);
    const user = this.#user;
    this.#user = null;
    user?.onFailure(before === 'connecting' ? 'upstream_connect_failed' : 'upstream_reset', 'the connection was closed');
  }
}
