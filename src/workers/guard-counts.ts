import { ERRORS } from '../exchange/errors.ts';
import type { Exchange, ExchangeOwner } from '../exchange/exchange.ts';
import type { Clock } from '../lib/clock.ts';
import { TIME_BUCKETS, timeBucket } from '../lib/time-scale.ts';

/** Requests of one route, counted in one worker. Plain data. */
export interface RouteCounts {
  readonly route: string;
  /** That have ended. */
  readonly requests: number;
  /** Of them, failed ones by error code. */
  readonly codes: ReadonlyMap<string, number>;
  /** How long answers took to begin, by bucket of the scale of times. */
  readonly times: Uint32Array;
}

/** What one worker has counted of a generation. Plain data. */
export interface GuardSnapshot {
  readonly generation: number;
  /** Since the snapshot before; routes without a request in between are left out. */
  readonly ended: readonly RouteCounts[];
  /** Requests without an answer at this moment, by how long they have waited for it. */
  readonly open: readonly Pick<RouteCounts, 'route' | 'times'>[];
}

class Counting implements RouteCounts {
  readonly route: string;
  requests = 0;
  readonly codes = new Map<string, number>();
  readonly times = new Uint32Array(TIME_BUCKETS);

  constructor(route: string) {
    this.route = route;
  }
}

/** Errors that are not the client's. */
const FAILURES: ReadonlySet<string> = new Set(Object.entries(ERRORS).flatMap(([code, { source, status }]) => (source !== 'client' && status >= 500 ? [code] : [])));

/** Requests in work that are looked at one by one; those beyond count when they have ended. */
const OPEN_MAX = 20_000;

/** Counts in one worker the requests that begin in one generation, for the guard of reloads to compare. */
export class GuardCounts {
  readonly #owner: ExchangeOwner & { readonly number: number };
  readonly #clock: Clock;
  #ended = new Map<string, Counting>();
  /** Null: the generation is not on trial, and nobody asks for them. */
  #open: Set<Exchange> | null = new Set();

  constructor(owner: ExchangeOwner & { readonly number: number }, clock: Clock) {
    this.#owner = owner;
    this.#clock = clock;
  }

  /** A request is handed to the generation. */
  begin(exchange: Exchange): void {
    if (this.#open !== null && this.#open.size < OPEN_MAX) this.#open.add(exchange);
  }

  /** A request has ended, of this generation or another. */
  end(exchange: Exchange): void {
    if (exchange.owner !== this.#owner) return;
    this.#open?.delete(exchange);
    const counting = this.#of(exchange.routeId);
    const { errorCode, headMs, totalMs } = exchange;
    counting.requests += 1;
    // From its end on, a long answer says more of the client than of us.
    counting.times[timeBucket(headMs >= 0 ? headMs : totalMs)]! += 1;
    if (FAILURES.has(errorCode)) counting.codes.set(errorCode, (counting.codes.get(errorCode) ?? 0) + 1);
  }

  /** @param isOnTrial requests without an answer are asked for, now and later. */
  take(isOnTrial: boolean): GuardSnapshot {
    const ended = [...this.#ended.values()];
    this.#ended = new Map();
    if (!isOnTrial) this.#open = null;
    return { generation: this.#owner.number, ended, open: this.#waiting() };
  }

  #of(route: string): Counting {
    const known = this.#ended.get(route);
    if (known !== undefined) return known;
    const counting = new Counting(route);
    this.#ended.set(route, counting);
    return counting;
  }

  #waiting(): Pick<RouteCounts, 'route' | 'times'>[] {
    const waiting = new Map<string, Uint32Array>();
    const nowMs = this.#clock.monotonicMs();
    for (const { routeId, startedMs, headMs, sink } of this.#open ?? []) {
      if (headMs >= 0 || sink.headSent) continue;
      const times = waiting.get(routeId) ?? new Uint32Array(TIME_BUCKETS);
      waiting.set(routeId, times);
      times[timeBucket(nowMs - startedMs)]! += 1;
    }
    return [...waiting].map(([route, times]) => ({ route, times }));
  }
}
