import type { Http2Config, KeepAliveConfig, UpstreamTlsConfig } from '../config/upstream-config.ts';
import { GatewayError } from '../exchange/errors.ts';
import type { Deadlines } from '../lib/deadlines.ts';
import { dialPlan, type DialAddress, type DialPlan } from './dial.ts';
import { H2Call } from './h2-call.ts';
import { H2Session, type H2SessionOptions, type SessionUser } from './h2-session.ts';
import type { CallUser, UpstreamCall, UpstreamPool } from './upstream-call.ts';

interface H2PoolOptions {
  readonly tls: UpstreamTlsConfig;
  readonly keepAlive: KeepAliveConfig;
  readonly http2: Http2Config;
}

/**
 * The HTTP/2 sessions of one worker to one target. A call goes to the first that has room for it, so that those
 * not needed grow idle and close; another one is opened when all are full, up to a bound.
 */
export class H2Pool implements UpstreamPool {
  readonly #plan: DialPlan;
  readonly #sessionOptions: H2SessionOptions;
  readonly #idleMax: number;
  readonly #sessionsMax: number;
  readonly #sessions: H2Session[] = [];
  #closed = false;

  constructor(to: DialAddress, { tls, keepAlive, http2 }: H2PoolOptions, deadlines: Deadlines) {
    this.#plan = dialPlan(to, tls);
    this.#sessionOptions = { deadlines, idleMs: orForever(keepAlive.idleMs), lifetimeMs: orForever(keepAlive.lifetimeMs), pingMs: orForever(http2.pingMs) };
    this.#idleMax = keepAlive.connectionsMax;
    this.#sessionsMax = http2.connectionsMax;
  }

  get keepsAlive(): boolean {
    return this.#idleMax > 0 && !this.#closed;
  }

  get openCount(): number {
    return this.#sessions.length;
  }

  get idleCount(): number {
    return this.#sessions.filter(({ idle }) => idle).length;
  }

  call(user: CallUser, fresh: boolean): UpstreamCall {
    const session = this.#room();
    if (session === null) throw new GatewayError('overloaded', this.#full);
    const call = new H2Call(user);
    call.place(session, fresh);
    return call;
  }

  close(): void {
    this.#closed = true;
    for (const session of this.#sessions.filter(({ idle }) => idle)) session.close();
  }

  move(call: SessionUser): void {
    const session = this.#room();
    if (session === null) call.fail('overloaded', this.#full);
    else {
      call.place(session, false);
      if (session.ready) call.onReady();
    }
  }

  mayRest(): boolean {
    return this.keepsAlive && this.idleCount <= this.#idleMax;
  }

  forget(session: H2Session): void {
    const at = this.#sessions.indexOf(session);
    if (at !== -1) this.#sessions.splice(at, 1);
  }

  get #full(): string {
    return `${this.#sessionsMax} HTTP/2 connections have as many streams as they may`;
  }

  /** One that is open, rather than one that may fail to; null: no more than so many. */
  #room(): H2Session | null {
    let connecting: H2Session | null = null;
    for (const session of this.#sessions) {
      if (!session.hasRoom) continue;
      if (session.ready) return session;
      connecting ??= session;
    }
    if (connecting !== null || this.#sessions.length >= this.#sessionsMax) return connecting;
    const session = new H2Session(this.#plan, this.#sessionOptions, this);
    this.#sessions.push(session);
    return session;
  }
}

/** 0 is no bound. */
function orForever(ms: number): number {
  return ms > 0 ? ms : Infinity;
}
