import { connect, type ClientHttp2Session, type ClientHttp2Stream, type Settings } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { ErrorCode } from '../exchange/errors.ts';
import { Watched, type Deadlines } from '../lib/deadlines.ts';
import { dial, isTlsError, type DialPlan } from './dial.ts';
import { RESPONSE_LIMITS } from './response-parser.ts';

/** What an upstream may send on one stream, and on all of a session, before we have passed any of it on. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
const SESSION_WINDOW_BYTES = 8 * 1024 * 1024;
/** Calls at once on a session whose upstream names no bound, or has not named it yet (RFC 9113 §6.5.2 asks for no less than 100). */
const CALLS_UNTIL_SETTINGS = 100;
const CALLS_MAX = 1000;
/** Header blocks and what else Node keeps for the streams of a session. */
const SESSION_MEMORY_MB = 64;
const PING_ANSWER_MS = 10_000;
/** What clients repeat in error is theirs to repeat, as over HTTP/1.1. Node's types do not know the option yet. */
const REPETITION_PASSES = { strictSingleValueFields: false };

export interface H2SessionOptions {
  readonly deadlines: Deadlines;
  /** Without a call on it. Infinity: no bound. */
  readonly idleMs: number;
  /** Age at which it takes no further call. Infinity: no bound. */
  readonly lifetimeMs: number;
  /** Time between two PINGs while calls are on it. Infinity: none. */
  readonly pingMs: number;
}

/** What is on a session. */
export interface SessionUser {
  /** The session takes it now, after it had to wait. */
  onReady(): void;
  /** The session has ended under it, or could not be opened. */
  onSessionClosed(code: ErrorCode, detail: string): void;
  /** Goes to this session. @param fresh it was asked for a connection that cannot be closing. */
  place(session: H2Session, fresh: boolean): void;
  /** No session takes it. */
  fail(code: ErrorCode, detail: string): void;
}

/** The pool that a session belongs to. */
interface H2SessionHome {
  /** A call that waited here, and for which there is no room after all. */
  move(call: SessionUser): void;
  /** Nobody uses the session. @returns whether it may stay open. */
  mayRest(session: H2Session): boolean;
  /** It is closed. Told once. */
  forget(session: H2Session): void;
}

type State = 'connecting' | 'open' | 'closing' | 'closed';

/**
 * One HTTP/2 connection to a target. It counts as open when the first SETTINGS have come: until then it is not known
 * that the target speaks HTTP/2 at all, nor how many streams it takes, so nothing is sent. The deadline is that of
 * the next PING, or of the idle time-out.
 */
export class H2Session extends Watched {
  readonly secure: boolean;
  /** Calls that have ended on it. */
  served = 0;
  #state: State = 'connecting';
  #callsMax = CALLS_UNTIL_SETTINGS;
  #pinged = false;
  #fault: readonly [code: ErrorCode, detail: string] = ['upstream_connect_failed', 'closed before it said anything in HTTP/2'];
  readonly #openedMs: number;
  readonly #calls = new Set<SessionUser>();
  readonly #options: H2SessionOptions;
  readonly #home: H2SessionHome;
  readonly #session: ClientHttp2Session;

  constructor(plan: DialPlan, options: H2SessionOptions, home: H2SessionHome) {
    super();
    this.secure = plan.secureContext !== null;
    this.#options = options;
    this.#home = home;
    this.#openedMs = options.deadlines.nowMs;
    const socket = dial(plan, 'h2', null);
    const session = connect(`${this.secure ? 'https' : 'http'}://upstream`, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES, maxHeaderListSize: RESPONSE_LIMITS.headBytesMax },
      maxHeaderListPairs: RESPONSE_LIMITS.headerCountMax + 1,
      maxSessionMemory: SESSION_MEMORY_MB,
      ...REPETITION_PASSES,
    });
    this.#session = session;
    session.once('connect', () => this.#onConnected(socket));
    session.on('remoteSettings', (settings: Settings) => this.#onSettings(settings));
    session.on('goaway', () => this.#stopTaking());
    session.on('error', (error) => this.#onError(error));
    session.on('close', () => this.#onClosed());
    options.deadlines.add(this);
  }

  get ready(): boolean {
    return this.#state === 'open';
  }

  get idle(): boolean {
    return this.#calls.size === 0;
  }

  /** The upstream takes WebSockets (RFC 8441 §3). */
  get offersConnect(): boolean {
    return this.#session.remoteSettings.enableConnectProtocol === true;
  }

  get hasRoom(): boolean {
    const taking = this.#state === 'connecting' || (this.#state === 'open' && !this.#session.closed && !this.#session.destroyed);
    return taking && !this.#tooOld && this.#calls.size < this.#callsMax;
  }

  /** Takes on a call; where the session is not ready yet, the call is told when it is. */
  add(call: SessionUser): void {
    if (this.#calls.size === 0) this.#watchLiveness();
    this.#calls.add(call);
  }

  /** A call is over. */
  remove(call: SessionUser): void {
    if (!this.#calls.delete(call)) return;
    this.served += 1;
    if (this.#calls.size > 0 || this.#state === 'closed') return;
    if (this.#state === 'connecting') this.destroy();
    else if (this.#state === 'closing' || this.#tooOld || !this.#home.mayRest(this)) this.close();
    else this.deadlineMs = this.#options.deadlines.after(this.#options.idleMs);
  }

  /** @throws Error where the session has just ended. */
  request(head: string[], endStream: boolean): ClientHttp2Stream {
    return this.#session.request(head, { endStream });
  }

  /** Takes no further call, and closes when those on it have ended. */
  close(): void {
    if (this.#state === 'connecting' && this.#calls.size === 0) this.destroy();
    else this.#stopTaking();
  }

  destroy(): void {
    this.#session.destroy();
    this.#onClosed();
  }

  /** Idle for long enough, or time for a PING, or for its answer. */
  override onDeadline(): void {
    if (this.#state === 'connecting') return;
    if (this.#calls.size === 0) this.close();
    else if (this.#pinged) this.#session.destroy(new Error(`no answer to a PING within ${PING_ANSWER_MS / 1000} s`));
    else this.#ping();
  }

  get #tooOld(): boolean {
    return this.#options.deadlines.nowMs - this.#openedMs > this.#options.lifetimeMs;
  }

  #onConnected(socket: Socket): void {
    if (this.#session.destroyed) return;
    if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2') {
      this.#fault = ['upstream_tls_failed', 'the target did not agree to HTTP/2 (ALPN)'];
      this.destroy();
      return;
    }
    this.#session.setLocalWindowSize(SESSION_WINDOW_BYTES);
  }

  #onSettings({ maxConcurrentStreams = CALLS_MAX }: Settings): void {
    this.#callsMax = Math.min(maxConcurrentStreams, CALLS_MAX);
    if (this.#state !== 'connecting') return;
    this.#state = 'open';
    for (const [place, call] of [...this.#calls].entries()) {
      if (place < this.#callsMax) call.onReady();
      else this.#moveOn(call);
    }
  }

  /** GOAWAY came, or we want to end: what is in work goes on. */
  #stopTaking(): void {
    if (this.#state === 'closed' || this.#state === 'closing') return;
    const connecting = this.#state === 'connecting';
    this.#state = 'closing';
    if (connecting) for (const call of this.#calls) this.#moveOn(call);
    this.#session.close();
  }

  #moveOn(call: SessionUser): void {
    this.#calls.delete(call);
    this.#home.move(call);
  }

  #watchLiveness(): void {
    this.deadlineMs = this.#pinged ? this.deadlineMs : this.#options.deadlines.after(this.#options.pingMs);
  }

  #ping(): void {
    this.#pinged = true;
    this.deadlineMs = this.#options.deadlines.after(PING_ANSWER_MS);
    this.#session.ping((error) => {
      this.#pinged = false;
      if (error === null && this.#calls.size > 0) this.#watchLiveness();
    });
  }

  #onError(error: NodeJS.ErrnoException): void {
    const detail = error.message === '' ? (error.code ?? 'unknown error') : error.message;
    if (this.#state !== 'connecting') this.#fault = ['upstream_reset', detail];
    else if (isTlsError(error)) this.#fault = ['upstream_tls_failed', detail];
    else if (error.code?.startsWith('ERR_HTTP2_') === true) this.#fault = ['upstream_connect_failed', `the target does not speak HTTP/2: ${detail}`];
    else this.#fault = ['upstream_connect_failed', detail];
  }

  #onClosed(): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#options.deadlines.remove(this);
    this.#home.forget(this);
    const calls = [...this.#calls];
    this.#calls.clear();
    for (const call of calls) call.onSessionClosed(...this.#fault);
  }
}
