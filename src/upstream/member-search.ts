import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Deadlines } from '../lib/deadlines.ts';
import type { Member } from './member.ts';
import type { UpstreamRuntime } from './upstream-runtime.ts';
import type { Waiter } from './waiting-room.ts';

/** Told how the search for a member ends. */
export interface SearchOwner {
  /** A place at the member has been taken; it must be freed. */
  onFound(member: Member): void;
  onNobody(error: GatewayError): void;
  /** Nobody yet; `giveUp` is to be called at this moment on the clock of the deadlines. */
  onWaiting(untilMs: number): void;
}

const NONE: readonly Member[] = [];

/** Finds a member for each attempt of one request: at once, or by waiting where the upstream allows that. */
export class MemberSearch implements Waiter {
  readonly #exchange: Exchange;
  readonly #upstream: UpstreamRuntime;
  readonly #deadlines: Deadlines;
  readonly #owner: SearchOwner;
  #tried = NONE;
  #lastError: GatewayError | null = null;
  /** Somebody was available, but had as many requests as it may. */
  #full = false;
  /** Somebody was available, but a breaker said no. */
  #broken = false;
  #holdUntilMs = 0;
  #queueUntilMs = 0;

  constructor(exchange: Exchange, upstream: UpstreamRuntime, deadlines: Deadlines, owner: SearchOwner) {
    this.#exchange = exchange;
    this.#upstream = upstream;
    this.#deadlines = deadlines;
    this.#owner = owner;
  }

  /** Not this one again, and why. */
  exclude(member: Member, error: GatewayError): void {
    this.#tried = [...this.#tried, member];
    this.#lastError = error;
  }

  /** Somebody else for the same request, now or not at all; a place has been taken then. */
  another(than: Member): Member | null {
    return this.#pick([...this.#tried, than]);
  }

  look(): void {
    const member = this.#pick(this.#tried);
    if (member !== null) {
      this.cancel();
      this.#owner.onFound(member);
    } else if (this.#full) {
      this.#queue();
    } else {
      this.waitForMember();
    }
  }

  /** Waits for a member although others might be left to try; where the upstream holds no requests, this is the end. */
  waitForMember(): void {
    const { waitMs } = this.#upstream.hold;
    this.#full = false;
    if (this.#holdUntilMs === 0) this.#holdUntilMs = this.#deadlines.after(waitMs);
    if (waitMs === 0) this.giveUp();
    else this.#wait('member', this.#holdUntilMs);
  }

  onTurn(): void {
    // Whoever failed before may be the one that has come back; a place that is free brings nobody back.
    if (!this.#full) this.#tried = NONE;
    this.look();
  }

  giveUp(): void {
    this.cancel();
    this.#owner.onNobody(this.#nobody());
  }

  cancel(): void {
    this.#upstream.leaveWaiting(this);
  }

  #pick(tried: readonly Member[]): Member | null {
    this.#full = false;
    this.#broken = false;
    return this.#upstream.members.pick(this.#exchange, tried, (member) => this.#admits(member));
  }

  #admits(member: Member): boolean {
    const { outcomes } = this.#upstream;
    if (!outcomes.admitted(member)) {
      this.#broken = true;
      return false;
    }
    if (this.#upstream.takePlace(member)) return true;
    outcomes.abandoned(member);
    this.#full = true;
    return false;
  }

  #queue(): void {
    const waitMs = this.#upstream.limit?.waitMs ?? 0;
    if (this.#queueUntilMs === 0) this.#queueUntilMs = this.#deadlines.after(waitMs);
    this.#wait('place', this.#queueUntilMs);
  }

  #wait(what: 'member' | 'place', untilMs: number): void {
    if (this.#deadlines.nowMs < untilMs && this.#upstream.waitFor(what, this)) this.#owner.onWaiting(untilMs);
    else this.giveUp();
  }

  #nobody(): GatewayError {
    const { name } = this.#upstream;
    if (this.#full) return new GatewayError('overloaded', `every member of upstream ${name} has as many requests as it may`);
    if (this.#broken && this.#lastError === null) return new GatewayError('circuit_open', `a breaker of upstream ${name} is open`);
    return this.#lastError ?? new GatewayError('no_healthy_target', `upstream ${name} has no available member`);
  }
}
