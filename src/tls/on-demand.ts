import type { OnDemandConfig } from '../config/tls-config.ts';
import type { Clock } from '../lib/clock.ts';
import type { TlsLogger } from './material.ts';
import { isCovered } from './server-name.ts';

const HOUR_MS = 3_600_000;
/** A client waits for nothing here, but a question that is never answered must not pile up. */
const ASK_TIMEOUT_MS = 5000;
/** Answers are remembered for this long, so that a flood of handshakes is not a flood of questions. */
const REMEMBERED_MS = 60_000;
const REMEMBERED_MAX = 10_000;
/** Questions at the same time; what comes meanwhile is asked when its client comes back. */
const ASKING_MAX = 20;

interface Services {
  readonly clock: Clock;
  readonly logger: TlsLogger;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
}

/** Who may have a certificate without a route that names it: bounded by a list, a question, and orders an hour. */
export class OnDemand {
  readonly #config: OnDemandConfig;
  readonly #services: Services;
  readonly #allowed: ReadonlySet<string>;
  readonly #answers = new Map<string, { readonly allows: boolean; readonly atMs: number }>();
  #asking = 0;
  /** Monotonic times of the orders of the last hour. */
  #orders: readonly number[] = [];
  #warnedMs = -Infinity;

  constructor(config: OnDemandConfig, services: Services) {
    this.#config = config;
    this.#services = services;
    this.#allowed = new Set(config.allow);
  }

  /** The list has it, or there is none: worth a question. */
  mayBeAllowed(name: string): boolean {
    return this.#allowed.size === 0 || isCovered(name, this.#allowed);
  }

  /** Both the list and the application agree, where both are configured. A question that fails is a no. Never rejects. */
  async allows(name: string): Promise<boolean> {
    const { ask } = this.#config;
    if (!this.mayBeAllowed(name)) return false;
    if (ask === null) return this.#allowed.size > 0;
    const nowMs = this.#services.clock.monotonicMs();
    const known = this.#answers.get(name);
    if (known !== undefined && nowMs - known.atMs < REMEMBERED_MS) return known.allows;
    if (this.#asking >= ASKING_MAX) return false;
    this.#asking += 1;
    const allows = await this.#ask(ask, name);
    this.#asking -= 1;
    this.#remember(name, allows, nowMs);
    return allows;
  }

  /** Counts an order. @returns false where this hour has had as many as it may. */
  takeOrder(name: string): boolean {
    const nowMs = this.#services.clock.monotonicMs();
    this.#orders = this.#orders.filter((atMs) => nowMs - atMs < HOUR_MS);
    if (this.#orders.length < this.#config.perHour) {
      this.#orders = [...this.#orders, nowMs];
      return true;
    }
    if (nowMs - this.#warnedMs >= HOUR_MS) {
      this.#warnedMs = nowMs;
      this.#services.logger.warn('no more certificates are ordered on demand within this hour', { name, perHour: this.#config.perHour });
    }
    return false;
  }

  async #ask(ask: string, name: string): Promise<boolean> {
    const url = new URL(ask);
    url.searchParams.set('domain', name);
    const { fetch: ownFetch, logger } = this.#services;
    try {
      const response = await (ownFetch ?? fetch)(url, { redirect: 'manual', signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
      await response.body?.cancel();
      return response.status === 200;
    } catch (error) {
      logger.warn('nobody could be asked whether a host may have a certificate', { name, url: `${url.origin}${url.pathname}`, error });
      return false;
    }
  }

  #remember(name: string, allows: boolean, atMs: number): void {
    this.#answers.delete(name);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size >= REMEMBERED_MAX && oldest !== undefined) this.#answers.delete(oldest);
    this.#answers.set(name, { allows, atMs });
  }
}
