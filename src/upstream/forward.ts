import { GatewayError, type ErrorCode } from '../exchange/errors.ts';
import type { Answerer, Exchange } from '../exchange/exchange.ts';
import { Watched } from '../lib/deadlines.ts';
import { answerError } from '../respond/answer.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import type { ForwardPlan } from './forward-plan.ts';
import type { Phase } from './phase.ts';
import { authorityOf, hopsOf, requestHead } from './request-writer.ts';
import type { ResponseHead } from './response-head.ts';
import type { Target } from './target.ts';
import { Tunnel } from './tunnel.ts';

/** Requests that passed a gateway of ours this often are going round in circles. */
const HOPS_MAX = 8;

/** Methods whose repetition changes nothing (RFC 9110 §9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);
const NONE_TRIED: readonly Target[] = [];

/** Sends the request to an upstream and its answer to the client. Never throws. */
export function forward(exchange: Exchange, plan: ForwardPlan): void {
  exchange.upstream = plan.upstream;
  const hops = hopsOf(exchange.head.via);
  if (hops >= HOPS_MAX) {
    answerError(exchange, new GatewayError('loop_detected', `Via names this gateway ${hops} times`));
    return;
  }
  new Forwarding(exchange, plan).start();
}

/** One forwarded request: attempts until one is answered, and the deadline of whatever it waits for. */
class Forwarding extends Watched implements AttemptOwner, Answerer {
  readonly exchange: Exchange;
  readonly #plan: ForwardPlan;
  #attempt: Attempt | null = null;
  #tried = NONE_TRIED;
  #phase: Phase = 'connect';
  #totalDeadlineMs: number;
  readonly #requestDeadlineMs: number;
  #streamCounted = false;
  #tunnelCounted = false;
  #over = false;

  constructor(exchange: Exchange, plan: ForwardPlan) {
    super();
    this.exchange = exchange;
    this.#plan = plan;
    this.#totalDeadlineMs = plan.deadlines.after(plan.totalMs);
    this.#requestDeadlineMs = plan.deadlines.after(plan.limits.request.ms);
  }

  start(): void {
    this.exchange.answerer = this;
    this.#plan.deadlines.add(this);
    const upgrades = this.exchange.upgrade !== '';
    if (upgrades && !this.#plan.tunnels.tryAdd(this.#plan.tunnelsMax)) {
      this.#fail('too_many_streams', `${this.#plan.tunnelsMax} upgraded connections are open on this route`);
      return;
    }
    this.#tunnelCounted = upgrades;
    this.#tryNext(upgrades);
  }

  wait(phase: Phase): void {
    this.#phase = phase;
    const at = this.#plan.deadlines.after(this.#plan.limits[phase].ms);
    this.deadlineMs = at < this.#totalDeadlineMs ? at : this.#totalDeadlineMs;
    if (phase === 'client-body' && this.#requestDeadlineMs < this.deadlineMs) this.deadlineMs = this.#requestDeadlineMs;
  }

  override onDeadline(): void {
    const attempt = this.#attempt;
    if (this.#over) return;
    if (attempt === null) {
      // The answer is complete here but not yet read over there.
      this.exchange.fail('client_too_slow', this.#plan.limits['client-reads'].detail);
      this.exchange.sink.abort();
      return;
    }
    if (this.#phase === 'continue') {
      attempt.continueBody();
      return;
    }
    const { nowMs } = this.#plan.deadlines;
    const dribbled = this.#phase === 'client-body' && nowMs >= this.#requestDeadlineMs;
    const limit = this.#plan.limits[dribbled ? 'request' : this.#phase];
    const total = nowMs >= this.#totalDeadlineMs;
    attempt.cancel();
    if (total) this.onFailed(attempt, 'upstream_timeout', `the answer took longer than ${this.#plan.totalMs / 1000} s`);
    else this.onFailed(attempt, limit.code, limit.detail);
  }

  onConnected(): void {
    this.exchange.connectMs = this.#elapsedMs();
  }

  acceptHead(head: ResponseHead): boolean {
    const { exchange } = this;
    exchange.headMs = this.#elapsedMs();
    this.#attempt?.target.markUp();
    // Node refuses to send over HTTP/2 what RFC 9110 §15 calls invalid; over HTTP/1.1 it passes, as it does through nginx.
    if (head.status > 599 && exchange.protocol === 'HTTP/2') {
      this.#refuse('upstream_bad_response', `status ${head.status} cannot be sent over HTTP/2`);
      return false;
    }
    if (!head.eventStream) return true;
    this.#totalDeadlineMs = Infinity;
    if (this.#plan.streams.tryAdd(this.#plan.streamsMax)) {
      this.#streamCounted = true;
      return true;
    }
    this.#refuse('too_many_streams', `${this.#plan.streamsMax} event streams are open on this route`);
    return false;
  }

  onUpgraded(attempt: Attempt, head: ResponseHead): void {
    const { exchange } = this;
    const { deadlines, clock, tunnelHost, tunnelIdleMs, tunnels } = this.#plan;
    exchange.headMs = this.#elapsedMs();
    attempt.target.markUp();
    const onEnd = (): void => {
      attempt.target.inFlight.add(-1);
      tunnels.add(-1);
    };
    const tunnel = Tunnel.start(exchange, attempt.connection, head, { deadlines, clock, host: tunnelHost, idleMs: tunnelIdleMs, onEnd });
    if (tunnel === null) return;
    this.#tunnelCounted = false;
    this.#attempt = null;
    this.#finish();
  }

  onDone(attempt: Attempt): void {
    this.exchange.responseMs = this.#elapsedMs();
    this.#leave(attempt);
    this.#totalDeadlineMs = Infinity;
    this.wait('client-reads');
  }

  onFailed(attempt: Attempt, code: ErrorCode, detail: string): void {
    if (this.#over) return;
    this.#leave(attempt);
    if (code === 'upstream_connect_failed' || code === 'upstream_connect_timeout') attempt.target.markFailed(this.#nowSeconds());
    if (this.#mayRepeatStale(attempt, code)) {
      this.#tryNext(true, attempt.target);
    } else if (attempt.nothingSent && this.#tried.length <= this.#plan.retriesMax && code !== 'client_closed') {
      this.#tryNext(this.exchange.upgrade !== '', null, new GatewayError(code, `${attempt.target.config.name}: ${detail}`));
    } else {
      this.#fail(code, `${attempt.target.config.name}: ${detail}`);
    }
  }

  onDrain(): void {
    if (!this.#over) this.#attempt?.onClientDrain();
  }

  /** The client's side is over: with its whole answer, or because it went away. */
  onClose(): void {
    if (this.#over) return;
    const attempt = this.#attempt;
    if (attempt !== null) {
      attempt.cancel();
      this.#leave(attempt);
    }
    this.#finish();
  }

  /**
   * A connection that rested may be closed by the upstream just as we write to it. Nobody has read the
   * request then, and it is sent once more on a new connection, if it could do no harm twice.
   */
  #mayRepeatStale(attempt: Attempt, code: ErrorCode): boolean {
    return attempt.reused && code === 'upstream_reset' && !attempt.answerStarted && !attempt.bodyStarted
      && IDEMPOTENT.has(this.exchange.method) && this.exchange.upgrade === '';
  }

  #tryNext(fresh: boolean, same: Target | null = null, lastError: GatewayError | null = null): void {
    const { exchange } = this;
    const target = same ?? this.#plan.balancer.pick(this.#tried, this.#nowSeconds());
    if (target === null) {
      const error = lastError ?? new GatewayError('no_healthy_target', `upstream ${this.#plan.upstream} has no target`);
      this.#fail(error.code, error.detail);
      return;
    }
    if (same === null) this.#tried = this.#tried.length === 0 ? [target] : [...this.#tried, target];
    exchange.attempts += 1;
    exchange.target = target.config.name;
    target.inFlight.add(1);
    try {
      this.#attempt = new Attempt(this, target, this.#requestHead(target), fresh);
      this.#attempt.start();
    } catch (error) {
      target.inFlight.add(-1);
      this.#attempt = null;
      this.#finish();
      answerError(exchange, error);
    }
  }

  #requestHead(target: Target): string {
    const { exchange } = this;
    const { rewrite, hostHeader } = this.#plan;
    const path = rewrite === null ? exchange.path : rewrite(exchange.path);
    // HTTP/1.0 may name no host, and an empty one would be refused by nginx and others.
    const isTargets = hostHeader === 'target' || (hostHeader === null && exchange.host === '');
    const host = isTargets ? target.host : (hostHeader ?? authorityOf(exchange));
    return requestHead(exchange, { path, host, keepAlive: target.pool.keepsAlive });
  }

  #elapsedMs(): number {
    return this.#plan.clock.monotonicMs() - this.exchange.startedMs;
  }

  #nowSeconds(): number {
    return Math.floor(this.#plan.clock.now() / 1000);
  }

  #leave(attempt: Attempt): void {
    if (this.#attempt !== attempt) return;
    this.#attempt = null;
    attempt.target.inFlight.add(-1);
  }

  /** Answers with an error in place of what the upstream has begun to answer. */
  #refuse(code: ErrorCode, detail: string): void {
    const attempt = this.#attempt;
    if (attempt !== null) {
      attempt.cancel();
      this.#leave(attempt);
    }
    this.#fail(code, detail);
  }

  #fail(code: ErrorCode, detail: string): void {
    this.#finish();
    answerError(this.exchange, new GatewayError(code, detail));
  }

  #finish(): void {
    this.#over = true;
    this.#plan.deadlines.remove(this);
    if (this.#streamCounted) {
      this.#streamCounted = false;
      this.#plan.streams.add(-1);
    }
    if (this.#tunnelCounted) {
      this.#tunnelCounted = false;
      this.#plan.tunnels.add(-1);
    }
  }
}
