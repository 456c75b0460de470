import { GatewayError, type ErrorCode } from '../exchange/errors.ts';
import type { Answerer, Exchange } from '../exchange/exchange.ts';
import { Watched } from '../lib/deadlines.ts';
import { answerError } from '../respond/answer.ts';
import type { Attempt, AttemptOwner } from './attempt.ts';
import { Attempts } from './attempts.ts';
import { ClientBody } from './client-body.ts';
import type { ForwardPlan } from './forward-plan.ts';
import { Hedge } from './hedge.ts';
import type { Member } from './member.ts';
import { MemberSearch, type SearchOwner } from './member-search.ts';
import type { Phase } from './phase.ts';
import type { ResponseHead } from './response-head.ts';
import { isIdempotent, isSafeToRepeat, isStale, kindOf, RetryAllowance, type FailureKind } from './retry-rule.ts';
import { RouteSeats } from './route-seats.ts';
import { Tunnel } from './tunnel.ts';

/** One forwarded request: attempts until one is answered, and the deadline of whatever it waits for. */
export class Forwarding extends Watched implements AttemptOwner, Answerer, SearchOwner {
  readonly exchange: Exchange;
  readonly body: ClientBody | null;
  readonly #plan: ForwardPlan;
  readonly #seats: RouteSeats;
  readonly #search: MemberSearch;
  readonly #attempts: Attempts;
  readonly #allowance: RetryAllowance;
  #hedge: Hedge | null = null;
  #phase: Phase | 'member' = 'connect';
  #totalDeadlineMs: number;
  readonly #requestDeadlineMs: number;
  #over = false;

  constructor(exchange: Exchange, plan: ForwardPlan) {
    super();
    const { upstream, deadlines } = plan;
    this.exchange = exchange;
    this.#plan = plan;
    this.#seats = new RouteSeats(plan);
    this.#search = new MemberSearch(exchange, upstream, deadlines, this);
    this.#attempts = new Attempts(this, exchange, plan);
    this.#allowance = new RetryAllowance(upstream.retry, upstream.outcomes);
    const keptBytesMax = isIdempotent(exchange) && upstream.retry.attempts > 0 ? upstream.retry.bodyBytesMax : 0;
    this.body = exchange.body === null ? null : new ClientBody(exchange.body, exchange, keptBytesMax);
    this.#totalDeadlineMs = deadlines.after(plan.totalMs);
    this.#requestDeadlineMs = deadlines.after(plan.limits.request.ms);
  }

  start(): void {
    this.exchange.answerer = this;
    this.#plan.deadlines.add(this);
    this.#plan.upstream.outcomes.countRequest();
    if (this.exchange.upgrade !== '' && !this.#seats.takeTunnel()) {
      this.#fail(new GatewayError('too_many_streams', `${this.#plan.tunnelsMax} upgraded connections are open on this route`));
      return;
    }
    this.#search.look();
  }

  onFound(member: Member): void {
    this.#begin(member, this.exchange.upgrade !== '');
    const { upstream, deadlines } = this.#plan;
    if (upstream.hedge === null || this.#over || this.#hedge !== null || this.body !== null || !isIdempotent(this.exchange)) return;
    this.#hedge = new Hedge(upstream.hedge, upstream, this.#attempts, this.#search, deadlines);
  }

  onNobody(error: GatewayError): void {
    this.#fail(error);
  }

  onWaiting(untilMs: number): void {
    this.#phase = 'member';
    this.deadlineMs = Math.min(untilMs, this.#totalDeadlineMs);
  }

  wait(attempt: Attempt, phase: Phase): void {
    attempt.phase = phase;
    // What a hedge waits for bounds the request only once it has become the first.
    if (attempt !== this.#attempts.primary) return;
    this.#phase = phase;
    const at = this.#plan.deadlines.after(this.#plan.limits[phase].ms);
    this.deadlineMs = at < this.#totalDeadlineMs ? at : this.#totalDeadlineMs;
    if (phase === 'client-body' && this.#requestDeadlineMs < this.deadlineMs) this.deadlineMs = this.#requestDeadlineMs;
  }

  override onDeadline(): void {
    const attempt = this.#attempts.primary;
    const phase = this.#phase;
    if (this.#over) return;
    if (phase === 'member') {
      this.#search.giveUp();
    } else if (attempt === null) {
      // The answer is complete here but not yet read over there.
      this.exchange.fail('client_too_slow', this.#plan.limits['client-reads'].detail);
      this.exchange.sink.abort();
    } else if (phase === 'continue') {
      attempt.continueBody();
    } else {
      this.#expire(attempt, phase);
    }
  }

  onConnected(): void {
    this.exchange.connectMs = this.#elapsedMs();
  }

  acceptHead(attempt: Attempt, head: ResponseHead): boolean {
    if (this.#retriesStatus(attempt, head.status)) return false;
    this.#answeredBy(attempt, head.status);
    // Node refuses to send over HTTP/2 what RFC 9110 §15 calls invalid; over HTTP/1.1 it passes, as it does through nginx.
    if (head.status > 599 && this.exchange.protocol === 'HTTP/2') {
      this.#refuse(attempt, new GatewayError('upstream_bad_response', `status ${head.status} cannot be sent over HTTP/2`));
      return false;
    }
    if (!head.eventStream) return true;
    this.#totalDeadlineMs = Infinity;
    if (this.#seats.takeStream()) return true;
    this.#refuse(attempt, new GatewayError('too_many_streams', `${this.#plan.streamsMax} event streams are open on this route`));
    return false;
  }

  extraHeaders(attempt: Attempt): readonly string[] | null {
    return this.#plan.upstream.members.headersFor(this.exchange, attempt.member);
  }

  onUpgraded(attempt: Attempt, head: ResponseHead): void {
    const { deadlines, clock, tunnelHost, tunnelIdleMs } = this.#plan;
    this.#answeredBy(attempt, head.status);
    const onEnd = (): void => {
      this.#attempts.leave(attempt);
      this.#seats.free();
    };
    const tunnel = Tunnel.start(this.exchange, attempt.connection, head, { deadlines, clock, host: tunnelHost, idleMs: tunnelIdleMs, onEnd });
    if (tunnel === null) return;
    this.#over = true;
    deadlines.remove(this);
  }

  onDone(attempt: Attempt): void {
    this.exchange.responseMs = this.#elapsedMs();
    this.#totalDeadlineMs = Infinity;
    this.wait(attempt, 'client-reads');
    this.#attempts.leave(attempt);
  }

  onFailed(attempt: Attempt, code: ErrorCode, detail: string): void {
    const attempts = this.#attempts;
    if (this.#over) return;
    if (attempt === attempts.primary && isStale(attempt, code) && this.#isSafe(attempt)) {
      this.#begin(attempt.member, true);
      return;
    }
    const kind = kindOf(code);
    const isHedge = attempt === attempts.hedge;
    attempts.settle(attempt, kind);
    attempts.leave(attempt);
    if (isHedge) return;
    const hedge = attempts.promoteHedge();
    if (hedge !== null) this.wait(hedge, hedge.phase);
    else this.#after(attempt, kind, new GatewayError(code, `${attempt.member.key}: ${detail}`));
  }

  onDrain(): void {
    if (!this.#over) this.#attempts.primary?.onClientDrain();
  }

  /** The client's side is over: with its whole answer, or because it went away. */
  onClose(): void {
    if (this.#over) return;
    this.#attempts.dropAll();
    this.#finish();
  }

  #begin(member: Member, fresh: boolean): void {
    try {
      const attempt = this.#attempts.open(member, fresh);
      this.#attempts.primary = attempt;
      attempt.start();
    } catch (error) {
      this.#finish();
      answerError(this.exchange, error);
    }
  }

  #answeredBy(attempt: Attempt, status: number): void {
    this.#hedge?.stop();
    this.#attempts.win(attempt);
    this.#attempts.settle(attempt, status >= 500 ? 'status' : 'answered');
    this.body?.forget();
    this.exchange.headMs = this.#elapsedMs();
  }

  #expire(attempt: Attempt, phase: Phase): void {
    const { nowMs } = this.#plan.deadlines;
    const dribbled = phase === 'client-body' && nowMs >= this.#requestDeadlineMs;
    const limit = this.#plan.limits[dribbled ? 'request' : phase];
    const total = nowMs >= this.#totalDeadlineMs;
    attempt.cancel();
    if (total) this.onFailed(attempt, 'upstream_timeout', `the answer took longer than ${this.#plan.totalMs / 1000} s`);
    else this.onFailed(attempt, limit.code, limit.detail);
  }
  /** The attempt has failed and no other is in work: try again, wait, or say so. */
  #after(attempt: Attempt, kind: FailureKind, error: GatewayError): void {
    this.#search.exclude(attempt.member, error);
    if (this.#allowance.covers(kind, 0) && this.#isSafe(attempt) && this.#allowance.take()) this.#search.look();
    else if (kind === 'connect' && this.#isSafe(attempt) && this.#plan.upstream.hold.waitMs > 0) this.#search.waitForMember();
    else this.#fail(error);
  }

  /** An answer that is worth a retry, where there is somebody else to ask; else the client gets it. */
  #retriesStatus(attempt: Attempt, status: number): boolean {
    if (this.#attempts.hedge !== null || !this.#allowance.covers('status', status) || !this.#isSafe(attempt)) return false;
    const member = this.#search.another(attempt.member);
    if (member === null) return false;
    if (!this.#allowance.take()) {
      this.#plan.upstream.giveBack(member);
      return false;
    }
    this.#attempts.settle(attempt, 'status');
    this.#attempts.drop(attempt);
    this.#search.exclude(attempt.member, new GatewayError('upstream_bad_response', `${attempt.member.key}: status ${status}`));
    this.#begin(member, false);
    return true;
  }

  #isSafe({ nothingSent }: Attempt): boolean {
    return isSafeToRepeat(this.exchange, nothingSent, this.body?.repeatable ?? true);
  }

  #elapsedMs(): number {
    return this.#plan.clock.monotonicMs() - this.exchange.startedMs;
  }

  /** Answers with an error in place of what the upstream has begun to answer. */
  #refuse(attempt: Attempt, error: GatewayError): void {
    this.#attempts.drop(attempt);
    this.#fail(error);
  }

  #fail(error: GatewayError): void {
    this.#finish();
    this.body?.discard();
    answerError(this.exchange, error);
  }

  #finish(): void {
    this.#over = true;
    this.#plan.deadlines.remove(this);
    this.#hedge?.stop();
    this.#search.cancel();
    this.#seats.free();
  }
}
