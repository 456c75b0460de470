import type { Socket } from 'node:net';
import type { ErrorCode } from '../exchange/errors.ts';
import { Watched } from '../lib/deadlines.ts';
import { dial, isTlsError, type DialPlan } from './dial.ts';
import { ReadBuffer } from './read-buffer.ts';
import type { ResponseHead } from './response-head.ts';
import { ResponseParser, type ResponseHandler } from './response-parser.ts';

/** Who uses a connection: one attempt at a request, then perhaps a tunnel. None of these may throw. */
export interface ConnectionUser extends ResponseHandler {
  onConnected(): void;
  /** Everything that one read, or the end, brought has been reported: the moment to give the connection back. */
  onReadEnd(): void;
  /** The connection takes bytes again after `write` said no. */
  onWritable(): void;
  /** Bytes behind a 101. */
  onTunnelBytes(buffer: Buffer, start: number, end: number): void;
  /** The upstream will send no more; tunnels only. */
  onTunnelEnd(): void;
  /** The connection is gone before the answer, or the tunnel, was complete. */
  onFailure(code: ErrorCode, detail: string): void;
}

type State = 'connecting' | 'http' | 'idle' | 'tunnel' | 'closed';

/** One TCP or TLS connection to a target. While it is idle, its deadline is the idle time-out of the pool. */
export class UpstreamConnection extends Watched implements ResponseHandler {
  readonly openedMs: number;
  readonly buffer = new ReadBuffer();
  /** Answers received; above 0 the connection is old, and the upstream may be closing it this very moment. */
  served = 0;
  #state: State = 'connecting';
  #user: ConnectionUser | null;
  #keepAlive = false;
  #paused = false;
  #failed = false;
  readonly #parser = new ResponseParser(this);
  readonly #socket: Socket;
  readonly #onGone: (connection: UpstreamConnection) => void;

  /** @param onGone told once when the connection is closed, for whatever reason. */
  constructor(plan: DialPlan, nowMs: number, user: ConnectionUser, onGone: (connection: UpstreamConnection) => void) {
    super();
    this.openedMs = nowMs;
    this.#user = user;
    this.#onGone = onGone;
    const socket = dial(plan, {
      buffer: () => this.buffer.next(),
      callback: (bytes, buffer) => this.#onRead(buffer as Buffer, bytes),
    });
    this.#socket = socket;
    socket.once(plan.secureContext !== null ? 'secureConnect' : 'connect', () => this.#onConnected());
    socket.on('drain', () => this.#user?.onWritable());
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => this.#onError(error));
    socket.on('close', () => this.#onClosed());
  }

  get closed(): boolean {
    return this.#state === 'closed';
  }

  /** A byte of the present answer has arrived. */
  get answerStarted(): boolean {
    return this.#parser.started;
  }

  /** The last answer was complete and allows another one after it on this connection. */
  get reusable(): boolean {
    return this.#keepAlive && this.#parser.complete && this.#state === 'http' && !this.#failed;
  }

  /** Starts a request on a connection that rested in the pool. */
  use(user: ConnectionUser): void {
    this.#state = 'http';
    this.#user = user;
  }

  /** The answer was a 101: what follows is for `user`. */
  handOver(user: ConnectionUser): void {
    this.#user = user;
    this.buffer.shrink();
  }

  /** Ends the use of a connection that is to be kept: from now on a byte or an end closes it. */
  rest(): void {
    this.#state = 'idle';
    this.served += 1;
    this.#user = null;
    this.buffer.shrink();
    if (this.#paused) this.resume();
  }

  /** Expects the answer to `method`. */
  begin(method: string, upgrade: boolean): void {
    this.#keepAlive = false;
    this.#parser.begin(method, upgrade);
  }

  /** @returns false: wait for `onWritable` before the next one. */
  write(chunk: Buffer | string): boolean {
    return typeof chunk === 'string' ? this.#socket.write(chunk, 'latin1') : this.#socket.write(chunk);
  }

  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** Ends our direction; tunnels only. */
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

  /** Closes at once; the user hears nothing of it. */
  destroy(): void {
    this.#user = null;
    this.#parser.stop();
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
      // Bytes nobody asked for: what they answer is not known, so the connection is no good (RFC 9112 §9.2).
      case 'idle': this.destroy(); break;
      default: break;
    }
    this.#user?.onReadEnd();
  }

  #readAnswer(buffer: Buffer, bytes: number): void {
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
    this.#failed = true;
    const user = this.#user;
    this.#user = null;
    this.destroy();
    user?.onFailure(code, detail);
  }

  #onClosed(): void {
    if (this.#state === 'closed') return;
    const before = this.#state;
    this.#state = 'closed';
    this.#onGone(this);
    const user = this.#user;
    this.#user = null;
    user?.onFailure(before === 'connecting' ? 'upstream_connect_failed' : 'upstream_reset', 'the connection was closed');
  }
}
