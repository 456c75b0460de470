import type { UpstreamConfig } from '../config/upstream-config.ts';
import type { Deadlines } from '../lib/deadlines.ts';
import type { DialAddress } from './dial.ts';
import { ConnectionPool } from './pool.ts';

/**
 * The connection pools of one worker, shared by its generations: a target that a reload leaves as it was
 * keeps its connections.
 */
export class PoolRegistry {
  readonly #deadlines: Deadlines;
  readonly #byKey = new Map<string, { readonly pool: ConnectionPool; users: number }>();

  constructor(deadlines: Deadlines) {
    this.#deadlines = deadlines;
  }

  /** The pool of a member; given back with the returned function. */
  take(upstream: UpstreamConfig, to: DialAddress): { readonly pool: ConnectionPool; readonly release: () => void } {
    const { tls, keepAlive } = upstream;
    const key = JSON.stringify([upstream.name, to, tls, keepAlive]);
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      entry = { pool: new ConnectionPool(to, tls, keepAlive, this.#deadlines), users: 0 };
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
