import { decided } from '../../exchange/decided.ts';
import { GatewayError } from '../../exchange/errors.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import { type Decision, decision } from '../../observe/metrics/outcome.ts';
import type { DelayRoom } from './delay-room.ts';
import { limitItem, wholeSeconds } from './limit-fields.ts';
import type { LimitStore, LimitVerdict } from './limit-store.ts';
import type { Limiter, LimiterQuestion } from './limiter.ts';

/** Whoever would have to wait longer has better things to do. */
const DELAY_MS_MAX = 300_000;
const ALLOWED = decision('rateLimit', 'allowed');
const DELAYED = decision('rateLimit', 'delayed');
const LIMITED = decision('rateLimit', 'limited');
const DRY_RUN = decision('rateLimit', 'dry_run');
const STORE_FAILED = decision('rateLimit', 'store_failed');
const UNAVAILABLE = decision('rateLimit', 'unavailable');

interface PhaseOptions {
  readonly store: LimitStore;
  /** Null: requests of a burst pass at once. */
  readonly room: DelayRoom | null;
  readonly fields: boolean;
  /** Told of a request that would be refused, if it were meant; null: it is. */
  readonly onWouldRefuse: (() => void) | null;
  /** Nobody asks behind it: what it allows has been allowed by all. */
  readonly isLast: boolean;
}

/** What the limits asked so far have said of a request. */
interface SoFar {
  readonly aheadMs: number;
  readonly said: Decision;
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
    return this.#ask(exchange, 0, 0, ALLOWED);
  }

  /** @param soFar what has been decided by those before `from`. */
  #ask(exchange: Exchange, from: number, aheadMs: number, soFar: Decision): void | Promise<void> {
    let furthestMs = aheadMs;
    let said = soFar;
    for (let i = from; i < this.#limiters.length; i += 1) {
      const question = this.#limiters[i]!.questionOf(exchange);
      const verdict = this.#options.store.take(question);
      if (verdict instanceof Promise) return this.#goOn(exchange, i, { aheadMs: furthestMs, said }, question, verdict);
      furthestMs = Math.max(furthestMs, this.#judge(exchange, i, question, verdict));
      said = worseOf(said, verdict);
    }
    return this.#admit(exchange, furthestMs, said);
  }

  async #goOn(exchange: Exchange, index: number, { aheadMs, said }: SoFar, question: LimiterQuestion, asked: Promise<LimitVerdict>): Promise<void> {
    const verdict = await this.#answerOf(exchange, asked);
    if (verdict === null) return this.#ask(exchange, index + 1, aheadMs, said === ALLOWED ? STORE_FAILED : said);
    return this.#ask(exchange, index + 1, Math.max(aheadMs, this.#judge(exchange, index, question, verdict)), worseOf(said, verdict));
  }

  /** @returns null: nobody can say. A dry run has no say, be there a store or not. */
  async #answerOf(exchange: Exchange, asked: Promise<LimitVerdict>): Promise<LimitVerdict | null> {
    try {
      return await asked;
    } catch (error) {
      if (this.#options.onWouldRefuse !== null) return null;
      decided(exchange, UNAVAILABLE);
      throw error;
    }
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
    decided(exchange, LIMITED);
    throw tooMany(`more than ${windows[verdict.window]?.name} by ${this.#limiters[index]!.keyText}`, verdict.retryAfterMs);
  }

  #admit(exchange: Exchange, aheadMs: number, said: Decision): Promise<void> | undefined {
    const { room, onWouldRefuse, isLast } = this.#options;
    if (aheadMs <= 0 || room === null || onWouldRefuse !== null) {
      if (isLast || said !== ALLOWED) decided(exchange, said);
      return undefined;
    }
    if (!room.isFull && aheadMs <= DELAY_MS_MAX) {
      decided(exchange, DELAYED);
      return room.wait(exchange, aheadMs);
    }
    this.#giveBack(exchange, this.#limiters.length);
    decided(exchange, LIMITED);
    throw tooMany(room.isFull ? 'as many requests as may wait for their turn do so already' : `its turn comes in ${wholeSeconds(aheadMs)} s`, aheadMs);
  }

  /** @param count how many of this phase have been asked and have allowed the request. */
  #giveBack(exchange: Exchange, count: number): void {
    const { store } = this.#options;
    for (const limiter of this.#before) store.giveBack?.(limiter.questionOf(exchange));
    for (let i = 0; i < count; i += 1) store.giveBack?.(this.#limiters[i]!.questionOf(exchange));
  }
}

function worseOf(said: Decision, { allowed, isStandIn = false }: LimitVerdict): Decision {
  // Behind a refusal only a dry run goes on.
  if (!allowed) return DRY_RUN;
  return isStandIn && said === ALLOWED ? STORE_FAILED : said;
}

function listed(items: string, item: string): string {
  return items === '' ? item : `${items}, ${item}`;
}

function tooMany(detail: string, retryAfterMs: number): GatewayError {
  return new GatewayError('rate_limited', detail, { headers: ['Retry-After', String(Math.max(1, wholeSeconds(retryAfterMs)))] });
}
