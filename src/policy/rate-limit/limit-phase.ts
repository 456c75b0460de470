import { GatewayError } from '../../exchange/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { DelayRoom } from './delay-room.ts';
import { limitItem, wholeSeconds } from './limit-fields.ts';
import type { LimitStore, LimitVerdict } from './limit-store.ts';
import type { Limiter, LimiterQuestion } from './limiter.ts';

/** Whoever would have to wait longer has better things to do. */
const DELAY_MS_MAX = 300_000;

interface PhaseOptions {
  readonly store: LimitStore;
  /** Null: requests of a burst pass at once. */
  readonly room: DelayRoom | null;
  readonly fields: boolean;
  /** Told of a request that would be refused, if it were meant; null: it is. */
  readonly onWouldRefuse: (() => void) | null;
}

/** Asks one limit after the other. A request that one refuses is given back to those before it. */
export class LimitPhase {
  readonly #limiters: readonly Limiter[];
  readonly #before: readonly Limiter[];
  readonly #options: PhaseOptions;

  /** @param before what has been asked for the request in an earlier phase. */
  constructor(limiters: readonly Limiter[], before: readonly Limiter[], options: PhaseOptions) {
    this.#limiters = limiters;
    this.#before = before;
    this.#options = options;
  }

  /** @throws GatewayError rate_limited; and what the store has to say */
  run(exchange: Exchange): void | Promise<void> {
    return this.#ask(exchange, 0, 0);
  }

  #ask(exchange: Exchange, from: number, aheadMs: number): void | Promise<void> {
    let furthestMs = aheadMs;
    for (let i = from; i < this.#limiters.length; i += 1) {
      const question = this.#limiters[i]!.questionOf(exchange);
      const verdict = this.#options.store.take(question);
      if (verdict instanceof Promise) return this.#goOn(exchange, i, furthestMs, question, verdict);
      furthestMs = Math.max(furthestMs, this.#judge(exchange, i, question, verdict));
    }
    return furthestMs > 0 ? this.#delay(exchange, furthestMs) : undefined;
  }

  async #goOn(exchange: Exchange, index: number, furthestMs: number, question: LimiterQuestion, verdict: Promise<LimitVerdict>): Promise<void> {
    let aheadMs = furthestMs;
    try {
      aheadMs = Math.max(aheadMs, this.#judge(exchange, index, question, await verdict));
    } catch (error) {
      // A dry run has no say, be there a store or not.
      if (this.#options.onWouldRefuse === null) throw error;
    }
    return this.#ask(exchange, index + 1, aheadMs);
  }

  /** @returns how far ahead of its turn the request is. */
  #judge(exchange: Exchange, index: number, { windows, policyField }: LimiterQuestion, verdict: LimitVerdict): number {
    const { fields, onWouldRefuse } = this.#options;
    if (fields) {
      exchange.rateLimitPolicy = listed(exchange.rateLimitPolicy, policyField);
      // A refusal is told alone: the others have room.
      exchange.rateLimit = listed(verdict.allowed ? exchange.rateLimit : '', limitItem(windows, verdict));
    }
    if (verdict.allowed) return verdict.aheadMs;
    if (onWouldRefuse !== null) {
      onWouldRefuse();
      return 0;
    }
    this.#giveBack(exchange, index);
    throw tooMany(`more than ${windows[verdict.window]?.name} by ${this.#limiters[index]!.keyText}`, verdict.retryAfterMs);
  }

  #delay(exchange: Exchange, aheadMs: number): Promise<void> | undefined {
    const { room, onWouldRefuse } = this.#options;
    if (room === null || onWouldRefuse !== null) return undefined;
    if (!room.isFull && aheadMs <= DELAY_MS_MAX) return room.wait(exchange, aheadMs);
    this.#giveBack(exchange, this.#limiters.length);
    throw tooMany(room.isFull ? 'as many requests as may wait for their turn do so already' : `its turn comes in ${wholeSeconds(aheadMs)} s`, aheadMs);
  }

  /** @param count how many of this phase have been asked and have allowed the request. */
  #giveBack(exchange: Exchange, count: number): void {
    const { store } = this.#options;
    for (const limiter of this.#before) store.giveBack?.(limiter.questionOf(exchange));
    for (let i = 0; i < count; i += 1) store.giveBack?.(this.#limiters[i]!.questionOf(exchange));
  }
}

function listed(items: string, item: string): string {
  return items === '' ? item : `${items}, ${item}`;
}

function tooMany(detail: string, retryAfterMs: number): GatewayError {
  return new GatewayError('rate_limited', detail, { headers: ['Retry-After', String(Math.max(1, wholeSeconds(retryAfterMs)))] });
}
