import type { HoldConfig, MemberLimitConfig, RetryConfig } from '../config/upstream-config.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { Watched, type Deadlines } from '../lib/deadlines.ts';
import type { LatencyQuantile } from '../lib/latency-quantile.ts';
import type { Member } from './member.ts';
import { WaitingRoom, type Waiter } from './waiting-room.ts';

/** Whom requests can go to; the balancing stage answers it. */
interface MemberSource {
  /** @param admits a last word on each choice. @returns null: nobody is left. */
  pick(exchange: Exchange, tried: readonly Member[], admits: (member: Member) => boolean): Member | null;
  /** Response headers that go with the choice (a sticky cookie); null: none. */
  headersFor(exchange: Exchange, chosen: Member): readonly string[] | null;
  /** Changes with every change of who can be picked. */
  readonly epoch: number;
}

/** How attempts end is told here; it decides who is left out, and how much may be tried again. */
export interface OutcomeRecorder {
  /** False while a breaker does not let this call through. What is admitted must end in one of the four below. */
  admitted(member: Member): boolean;
  countRequest(): void;
  succeeded(member: Member, durationMs: number): void;
  failed(member: Member, kind: 'reset' | 'timeout' | 'status'): void;
  connectFailed(member: Member): void;
  /** The call came to no result: the client went away, or another attempt was faster. */
  abandoned(member: Member): void;
  /** Whether one more retry fits the budget; counts it if so. */
  retryAllowed(): boolean;
}

export interface HedgePlan {
  /** Of the time to the response head; null where `afterMs` is fixed. */
  readonly latency: LatencyQuantile | null;
  readonly afterMs: number;
}

interface RuntimeOptions {
  readonly name: string;
  /** Its members speak HTTP/2. */
  readonly isH2: boolean;
  readonly members: MemberSource;
  readonly outcomes: OutcomeRecorder;
  readonly retry: RetryConfig;
  readonly hold: HoldConfig;
  readonly limit: MemberLimitConfig | null;
  readonly hedge: HedgePlan | null;
  readonly deadlines: Deadlines;
}

/** Waiting requests look again at least this often, in ticks of the deadlines, whether or not anything is known to have changed. */
const LOOK_ANYWAY_TICKS = 5;

/**
 * Held requests that go at once when a member is back. The others follow as these are answered, on their connections,
 * and as many more with each tick: thousands of connections at once are more than a process just started accepts.
 */
const HELD_AT_ONCE = 64;

/** One upstream in one worker and generation: members, memory of outcomes, and the requests that wait. */
export class UpstreamRuntime extends Watched {
  readonly name: string;
  readonly isH2: boolean;
  readonly members: MemberSource;
  readonly outcomes: OutcomeRecorder;
  readonly retry: RetryConfig;
  readonly hold: HoldConfig;
  readonly limit: MemberLimitConfig | null;
  readonly hedge: HedgePlan | null;
  readonly #deadlines: Deadlines;
  /** For an available member. */
  readonly #holding: WaitingRoom;
  /** For a place at a member. */
  readonly #queue: WaitingRoom;
  #epoch = -1;
  #ticks = 0;
  /** The last look ended before everybody's turn. */
  #moreToCall = false;

  constructor(options: RuntimeOptions) {
    super();
    this.name = options.name;
    this.isH2 = options.isH2;
    this.members = options.members;
    this.outcomes = options.outcomes;
    this.retry = options.retry;
    this.hold = options.hold;
    this.limit = options.limit;
    this.hedge = options.hedge;
    this.#deadlines = options.deadlines;
    this.#holding = new WaitingRoom(options.hold.queueMax);
    this.#queue = new WaitingRoom(options.limit?.queueMax ?? 0);
  }

  get waiting(): number {
    return this.#holding.size + this.#queue.size;
  }

  /** Takes a place at a member, over all workers; false: it has as many requests as it may. */
  takePlace(member: Member): boolean {
    const total = member.slot.addInFlight(1);
    if (this.limit === null || total <= this.limit.requestsMax) return true;
    member.slot.addInFlight(-1);
    return false;
  }

  freePlace(member: Member): void {
    member.slot.addInFlight(-1);
    if (this.limit !== null) this.#queue.callOne();
  }

  /** A member has answered and its connection is free: the first of the held requests may have it. */
  callHeld(): void {
    if (this.#holding.size > 0) this.#holding.callOne();
  }

  /** A member was chosen, and then not asked. */
  giveBack(member: Member): void {
    this.outcomes.abandoned(member);
    this.freePlace(member);
  }

  /** Waits for one of the two, and no longer for the other. @returns false: too many wait already. */
  waitFor(what: 'member' | 'place', waiter: Waiter): boolean {
    const [room, other] = what === 'member' ? [this.#holding, this.#queue] : [this.#queue, this.#holding];
    other.leave(waiter);
    const entered = room.enter(waiter);
    if (entered && !this.isWatched) {
      this.#epoch = this.members.epoch;
      this.deadlineMs = this.#deadlines.nowMs;
      this.#deadlines.add(this);
    }
    return entered;
  }

  leaveWaiting(waiter: Waiter): void {
    this.#holding.leave(waiter);
    this.#queue.leave(waiter);
  }

  /** A tick while somebody waits: other threads change states, and free places, without telling us. */
  override onDeadline(): void {
    this.#ticks += 1;
    const { epoch } = this.members;
    const changed = epoch !== this.#epoch;
    this.#epoch = epoch;
    if (changed || this.#moreToCall || this.#ticks % LOOK_ANYWAY_TICKS === 0) {
      this.#moreToCall = this.#holding.callAll(HELD_AT_ONCE) === HELD_AT_ONCE;
    }
    this.#queue.callAll();
    if (this.waiting > 0) this.deadlineMs = this.#deadlines.nowMs;
    else this.#deadlines.remove(this);
  }
}
