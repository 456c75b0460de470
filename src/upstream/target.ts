import type { TargetConfig } from '../config/config.ts';
import type { Counter, SharedNumber } from '../lib/shared-cells.ts';
import type { ConnectionPool } from './pool.ts';

/** One place requests can go, as a worker sees it: its connections, and what all workers know of it. */
export class Target {
  readonly config: TargetConfig;
  readonly pool: ConnectionPool;
  /** Requests and tunnels in work here, over all workers. */
  readonly inFlight: Counter;
  /** Seconds on the clock of {@link Target.nowSeconds} until which it is passed over; 0: never failed. */
  readonly #failedUntil: SharedNumber;
  readonly #failTimeoutSeconds: number;

  /** Value of Host where the route asks for the target's own. */
  get host(): string {
    const { host, port, secure, path } = this.config;
    if (path !== null) return 'localhost';
    const name = host.includes(':') ? `[${host}]` : host;
    return port === (secure ? 443 : 80) ? name : `${name}:${port}`;
  }

  constructor(config: TargetConfig, pool: ConnectionPool, inFlight: Counter, failedUntil: SharedNumber, failTimeoutMs: number) {
    this.config = config;
    this.pool = pool;
    this.inFlight = inFlight;
    this.#failedUntil = failedUntil;
    this.#failTimeoutSeconds = Math.ceil(failTimeoutMs / 1000);
  }

  /** @param nowSeconds epoch seconds; they fit the 32 bits of a shared cell until 2038, and unsigned until 2106. */
  isFailing(nowSeconds: number): boolean {
    return (this.#failedUntil.load() >>> 0) > nowSeconds;
  }

  /** A connection could not be made: others are preferred for a while, in every worker. */
  markFailed(nowSeconds: number): void {
    if (this.#failTimeoutSeconds > 0) this.#failedUntil.store((nowSeconds + this.#failTimeoutSeconds) | 0);
  }

  markUp(): void {
    if (this.#failedUntil.load() !== 0) this.#failedUntil.store(0);
  }
}

/** Chooses where a request goes. */
export interface Balancer {
  /** @param tried targets that must not be chosen again for this request. @returns null: none is left. */
  pick(tried: readonly Target[], nowSeconds: number): Target | null;
}
