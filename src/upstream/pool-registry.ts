import type { UpstreamConfig } from '../config/upstream-config.ts';
import type { Deadlines } from '../lib/deadlines.ts';
import type { DialAddress } from './dial.ts';
import { H2Pool } from './h2-pool.ts';
import { ConnectionPool } from './pool.ts';
import type { UpstreamPool } from './upstream-call.ts';

/**
 * The connection pools of one worker, shared by its generations: a target that a reload leaves as it was
 * keeps its connections.
 */
export class PoolRegistry {
  readonly #deadlines: Deadlines;
  readonly #byKey = new Map<string, { readonly pool: UpstreamPool; users: number }>();

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  /** The pool of a member; given back with the returned function. */
  take(upstream: UpstreamConfig, to: DialAddress): { readonly pool: UpstreamPool; readonly release: () => void } {
    const { tls, keepAlive, protocol, http2 } = upstream;
    const key = JSON.stringify([upstream.name, to, tls, keepAlive, protocol, http2]);
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      const created = protocol === 'h2' ? new H2Pool(to, upstream, this.#deadlines) : new ConnectionPool(to, tls, keepAlive, this.#deadlines);
      entry = { pool: created, users: 0 };
      this.#byKey.set(key, entry);
    }
    const { pool } = entry;
    entry.users += 1;
    return { pool, release: () => this.#release(key) };
  }

  #release(key: string): void {
    const entry = this.#byKey.get(key);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    this.#byKey.delete(key);
    entry.pool.close();
  }
}
