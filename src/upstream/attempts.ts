import type { ErrorCode } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { AttemptTrace } from '../observe/traces/trace.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import type { ForwardPlan } from './forward-plan.ts';
import type { Member } from './member.ts';
import { authorityOf } from './client-fields.ts';
import type { RequestLine } from './request-writer.ts';
import type { FailureKind } from './retry-rule.ts';
import type { RouteSeats } from './route-seats.ts';

/**
 * The attempts of one request that are in work: the one it depends on, and a hedge beside it until one of
 * the two is answered. Keeps the books: each takes a place at its member and reports one outcome.
 */
export class Attempts {
  primary: Attempt | null = null;
  hedge: Attempt | null = null;
  readonly #owner: AttemptOwner;
  readonly #exchange: Exchange;
  readonly #plan: ForwardPlan;

  constructor(owner: AttemptOwner, exchange: Exchange, plan: ForwardPlan) {
    this.#owner = owner;
    this.#exchange = exchange;
    this.#plan = plan;
  }

  /**
   * An attempt at a member whose place has been taken. Not started yet, so that its owner can note it first.
   * @throws Error where it cannot be made; the place is free again then.
   */
  open(member: Member, fresh: boolean): Attempt {
    const exchange = this.#exchange;
    exchange.attempts += 1;
    exchange.target = member.key;
    const nowMs = this.#plan.clock.monotonicMs();
    exchange.attemptMs = nowMs - exchange.startedMs;
    try {
      return new Attempt(this.#owner, member, this.#line(member, exchange.attemptMs), fresh, nowMs);
    } catch (error) {
      this.#plan.upstream.giveBack(member);
      throw error;
    }
  }

  startHedge(member: Member): void {
    const attempt = this.open(member, false);
    if (attempt.line.trace !== null) attempt.line.trace.isHedge = true;
    this.hedge = attempt;
    attempt.start();
  }

  /** The connection of an attempt is there. @returns when, in ms since the beginning of the exchange. */
  connected(attempt: Attempt): number {
    const ms = this.#elapsedMs();
    recorded(attempt)?.connected(ms);
    return ms;
  }

  /** What has gone stale leaves its place to its repetition. */
  leavePrimary(): void {
    if (this.primary !== null) recorded(this.primary)?.settled('upstream_reset', this.#elapsedMs());
    this.primary = null;
  }

  /** Reports how an attempt came out, for the trace with its status or code; only the first report counts for the member. */
  settle(attempt: Attempt, kind: FailureKind | 'answered', told: number | ErrorCode = 0): void {
    recorded(attempt)?.settled(told, this.#elapsedMs());
    if (attempt.settled) return;
    attempt.settled = true;
    const { outcomes, hedge } = this.#plan.upstream;
    switch (kind) {
      case 'answered': {
        const ms = this.#plan.clock.monotonicMs() - attempt.startedMs;
        hedge?.latency?.add(ms);
        outcomes.succeeded(attempt.member, ms);
        break;
      }
      case 'connect': outcomes.connectFailed(attempt.member); break;
      case 'final': outcomes.abandoned(attempt.member); break;
      default: outcomes.failed(attempt.member, kind);
    }
  }

  /** What the end of a tunnel has to call, in place of `leave`. It may be held for days, and holds on to no more than it needs. */
  tunnelEnd(attempt: Attempt, seats: RouteSeats): () => void {
    return tunnelEnd(attempt, this.#exchange, this.#plan, seats);
  }

  /** An attempt is over; its member has a place again. */
  leave(attempt: Attempt): void {
    if (attempt === this.primary) this.primary = null;
    else if (attempt === this.hedge) this.hedge = null;
    else return;
    recorded(attempt)?.ended(this.#elapsedMs());
    const { upstream } = this.#plan;
    upstream.freePlace(attempt.member);
    // Not after a failure: two held requests would call each other to a dead member without end.
    if (attempt.headReceived) upstream.callHeld();
  }

  /** One of the two was answered; the other is not needed any more. */
  win(attempt: Attempt): void {
    const loser = attempt === this.hedge ? this.primary : this.hedge;
    if (loser !== null) this.drop(loser);
    this.primary = attempt;
    this.hedge = null;
    this.#exchange.target = attempt.member.key;
    this.#exchange.attemptMs = attempt.startedMs - this.#exchange.startedMs;
  }

  /** The first one failed and the hedge is all there is now. */
  promoteHedge(): Attempt | null {
    this.primary = this.hedge;
    this.hedge = null;
    return this.primary;
  }

  drop(attempt: Attempt): void {
    attempt.cancel();
    this.settle(attempt, 'final');
    this.leave(attempt);
  }

  dropAll(): void {
    if (this.primary !== null) this.drop(this.primary);
    if (this.hedge !== null) this.drop(this.hedge);
  }

  #elapsedMs(): number {
    return this.#plan.clock.monotonicMs() - this.#exchange.startedMs;
  }

  #line(member: Member, startMs: number): RequestLine {
    const { rewrite, hostHeader } = this.#plan;
    const exchange = this.#exchange;
    const path = rewrite === null ? exchange.path : rewrite(exchange.path);
    // HTTP/1.0 may name no host, and an empty one would be refused by nginx and others.
    const isMembers = hostHeader === 'target' || (hostHeader === null && exchange.host === '');
    const host = isMembers ? member.host : (hostHeader ?? authorityOf(exchange));
    const { host: name, port, secure } = member.target;
    const start = { member: member.key, host: name, port, secure, isH2: this.#plan.upstream.isH2, path, startMs };
    return { path, host, keepAlive: member.pool.keepsAlive, trace: exchange.trace?.begin(start) ?? null };
  }
}

function tunnelEnd(attempt: Attempt, { startedMs }: Exchange, { upstream, clock }: ForwardPlan, seats: RouteSeats): () => void {
  const { member } = attempt;
  const trace = recorded(attempt);
  return () => {
    trace?.ended(clock.monotonicMs() - startedMs);
    upstream.freePlace(member);
    upstream.callHeld();
    seats.free();
  };
}

/** Null where nobody wants to know when things happen: then no clock is read for it. */
function recorded({ line: { trace } }: Attempt): AttemptTrace | null {
  return trace !== null && trace.isRecorded ? trace : null;
}
