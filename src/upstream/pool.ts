import type { KeepAliveConfig, UpstreamTlsConfig } from '../config/upstream-config.ts';
import type { Deadlines } from '../lib/deadlines.ts';
import { UpstreamConnection } from './connection.ts';
import { dialPlan, type DialAddress, type DialPlan } from './dial.ts';
import type { CallUser, UpstreamCall, UpstreamPool } from './upstream-call.ts';

/**
 * The HTTP/1.1 connections of one worker to one target. Idle ones are used last in, first out: the warmest
 * serves, and those not needed grow old and close.
 */
export class ConnectionPool implements UpstreamPool {
  readonly #plan: DialPlan;
  readonly #keepAlive: KeepAliveConfig;
  readonly #deadlines: Deadlines;
  readonly #idle: UpstreamConnection[] = [];
  #open = 0;
  #closed = false;

  constructor(to: DialAddress, tls: UpstreamTlsConfig, keepAlive: KeepAliveConfig, deadlines: Deadlines) {
    this.#plan = dialPlan(to, tls);
    this.#keepAlive = keepAlive;
    this.#deadlines = deadlines;
  }

  get keepsAlive(): boolean {
    return this.#keepAlive.connectionsMax > 0 && !this.#closed;
  }

  get openCount(): number {
    return this.#open;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  call(user: CallUser, fresh: boolean): UpstreamCall {
    return (fresh ? null : this.take(user)) ?? this.open(user);
  }

  /** An idle connection, ready to be written to; null where there is none. */
  take(user: CallUser): UpstreamConnection | null {
    const connection = this.#idle.pop();
    if (connection === undefined) return null;
    this.#deadlines.remove(connection);
    connection.use(user);
    return connection;
  }

  /** A new connection; `user` is told when it can be written to, or why not. */
  open(user: CallUser): UpstreamConnection {
    this.#open += 1;
    return new UpstreamConnection(this.#plan, this.#deadlines.nowMs, user, this);
  }

  /** Keeps the connection for the next request, or closes it where its state or its age forbids that. */
  release(connection: UpstreamConnection): void {
    const { connectionsMax, lifetimeMs, idleMs } = this.#keepAlive;
    const tooOld = lifetimeMs > 0 && this.#deadlines.nowMs - connection.openedMs > lifetimeMs;
    if (this.#closed || !connection.reusable || tooOld || this.#idle.length >= connectionsMax) {
      connection.destroy();
      return;
    }
    connection.rest();
    connection.deadlineMs = idleMs > 0 ? this.#deadlines.after(idleMs) : Infinity;
    this.#deadlines.add(connection);
    this.#idle.push(connection);
  }

  close(): void {
    this.#closed = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }

  forget(connection: UpstreamConnection): void {
    this.#open -= 1;
    this.#deadlines.remove(connection);
    const at = this.#idle.lastIndexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
  }
}
