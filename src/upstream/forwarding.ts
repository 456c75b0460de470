import { GatewayError, type ErrorCode } from '../exchange/errors.ts';
import type { Answerer, Exchange } from '../exchange/exchange.ts';
import { Watched } from '../lib/deadlines.ts';
import { answerError } from '../respond/answer.ts';
import type { Attempt, AttemptOwner } from './attempt.ts';
import { Attempts } from './attempts.ts';
import { ClientBody } from './client-body.ts';
import type { ForwardPlan } from './forward-plan.ts';
import { isGrpcCall } from './grpc.ts';
import { Hedge } from './hedge.ts';
import type { Member } from './member.ts';
import { MemberSearch, type SearchOwner } from './member-search.ts';
import type { Phase } from './phase.ts';
import { RequestTime } from './request-time.ts';
import type { ResponseHead } from './response-head.ts';
import { isIdempotent, isSafeToRepeat, isStale, kindOf, RetryAllowance, type FailureKind } from './retry-rule.ts';
import { RouteSeats } from './route-seats.ts';
import { Tunnel } from './tunnel.ts';

/** One forwarded request: attempts until one is answered, and the deadline of whatever it waits for. */
export class Forwarding extends Watched implements AttemptOwner, Answerer, SearchOwner {
  readonly exchange: Exchange;
  readonly body: ClientBody | null;
  readonly isGrpc: boolean;
  readonly #plan: ForwardPlan;
  readonly #seats: RouteSeats;
  readonly #search: MemberSearch;
  readonly #attempts: Attempts;
  readonly #allowance: RetryAllowance;
  readonly #time: RequestTime;
  #hedge: Hedge | null = null;
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
    this.isGrpc = upstream.isH2 && isGrpcCall(exchange);
    // Only HTTP/2 says of a request that nothing was done with it, and then whatever its method it can be sent again.
    const mayRepeat = upstream.retry.attempts > 0 && (upstream.isH2 || isIdempotent(exchange));
    const keptBytesMax = mayRepeat ? upstream.retry.bodyBytesMax : 0;
    this.body = exchange.body === null ? null : new ClientBody(exchange.body, exchange, keptBytesMax, this.isGrpc ? Infinity : exchange.bodyBytesMax);
    this.#time = new RequestTime(plan);
    if (this.isGrpc) this.#time.liftTotal();
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
    this.deadlineMs = this.#time.enterSearch(untilMs);
  }

  wait(attempt: Attempt, phase: Phase): void {
    attempt.phase = phase;
    // What a hedge waits for bounds the request only once it has become the first.
    if (attempt === this.#attempts.primary) this.deadlineMs = this.#time.enter(phase);
  }

  override onDeadline(): void {
    const attempt = this.#attempts.primary;
    const { phase } = this.#time;
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
      const { code, detail } = this.#time.overdue(phase);
      attempt.cancel();
      this.onFailed(attempt, code, detail);
    }
  }

  onConnected(attempt: Attempt): void {
    this.exchange.connectMs = this.#attempts.connected(attempt);
  }

  acceptHead(attempt: Attempt, head: ResponseHead): boolean {
    if (this.#retriesStatus(attempt, head.status)) return false;
    this.#answeredBy(attempt, head.status);
    // Node refuses to send over HTTP/2 what RFC 9110 §15 calls invalid; over HTTP/1.1 it passes, as it does through nginx.
    if (head.status > 599 && this.exchange.protocol === 'HTTP/2') return this.#refuse(attempt, new GatewayError('upstream_bad_response', `status ${head.status} cannot be sent over HTTP/2`));
    if (!head.eventStream) return true;
    this.#time.liftTotal();
    return this.#seats.takeStream() || this.#refuse(attempt, new GatewayError('too_many_streams', `${this.#plan.streamsMax} event streams are open on this route`));
  }

  extraHeaders(attempt: Attempt): readonly string[] | null {
    return this.#plan.upstream.members.headersFor(this.exchange, attempt.member);
  }

  onUpgraded(attempt: Attempt, head: ResponseHead): void {
    const { deadlines, clock, tunnelHost, tunnelIdleMs } = this.#plan;
    this.#answeredBy(attempt, head.status);
    const onEnd = this.#attempts.tunnelEnd(attempt, this.#seats);
    const options = { deadlines, clock, host: tunnelHost, idleMs: tunnelIdleMs, extraHeaders: this.extraHeaders(attempt), onEnd };
    if (Tunnel.start(this.exchange, attempt.call, head, options) === null) return;
    this.#attempts.primary = null;
    this.#over = true;
    deadlines.remove(this);
  }

  onDone(attempt: Attempt): void {
    this.exchange.responseMs = this.#elapsedMs();
    this.#time.liftTotal();
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
    const isHedge = attempt === attempts.hedge;
    // Of a connection that rested, a hedge says nothing about the member; it is not repeated either.
    const kind = isHedge && isStale(attempt, code) ? 'final' : kindOf(code);
    const error = new GatewayError(code, `${attempt.member.key}: ${detail}`);
    this.#search.exclude(attempt.member, error);
    attempts.settle(attempt, kind, code);
    attempts.leave(attempt);
    if (isHedge) return;
    const hedge = attempts.promoteHedge();
    if (hedge !== null) this.wait(hedge, hedge.phase);
    else this.#after(attempt, kind, error);
  }

  onDrain(): void {
    if (!this.#over) this.#attempts.primary?.onClientDrain();
  }

  onProgress(): void {
    if (!this.#over && this.#time.phase === 'client-reads') this.deadlineMs = this.#time.enter('client-reads');
  }

  /** The client's side is over: with its whole answer, or because it went away. */
  onClose(): void {
    if (this.#over) return;
    this.#attempts.dropAll();
    this.#finish();
  }

  #begin(member: Member, fresh: boolean): void {
    this.#attempts.leavePrimary();
    try {
      const attempt = this.#attempts.open(member, fresh);
      this.#attempts.primary = attempt;
      attempt.start();
    } catch (error) {
      this.#attempts.dropAll();
      this.#fail(error);
    }
  }

  #answeredBy(attempt: Attempt, status: number): void {
    this.#hedge?.stop();
    this.#attempts.win(attempt);
    this.#attempts.settle(attempt, status >= 500 ? 'status' : 'answered', status);
    this.body?.forget();
    this.exchange.headMs = this.#elapsedMs();
  }

  /** The attempt has failed and no other is in work: try again, wait, or say so. */
  #after(attempt: Attempt, kind: FailureKind, error: GatewayError): void {
    const mayRepeat = this.#isSafe(attempt) && !this.#time.isTotalOver;
    if (mayRepeat && this.#allowance.covers(kind, 0) && this.#allowance.take()) this.#search.look();
    else if (mayRepeat && kind === 'connect' && this.#plan.upstream.hold.waitMs > 0) this.#search.waitForMember();
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
    this.#attempts.settle(attempt, 'status', status);
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
  #refuse(attempt: Attempt, error: GatewayError): false {
    this.#attempts.drop(attempt);
    this.#fail(error);
    return false;
  }

  #fail(error: unknown): void {
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
