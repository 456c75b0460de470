import type { GuardConfig } from '../config/reload-config.ts';
import { TIME_BUCKETS, timeBucket } from '../lib/time-scale.ts';
import type { GuardSnapshot } from './guard-counts.ts';
import { GuardTally, RouteTallies } from './guard-tally.ts';

/** One or two requests that fail are no reason to take anything back, however few there were. */
const ERRORS_MIN = 3;
/** A rise of less than this is noise: on a fast route a cold cache doubles it. */
const SLOWER_MS_MIN = 25;
/** Connections to upstreams are opened anew after a reload, so slowness is judged only when this share of the time is over. */
const SETTLED_SHARE = 0.5;
const REASONS_MAX = 3;
/** Of a route with so many times more requests than before, what it was like before says little about the sum. */
const GROWTH_MAX = 5;

/** What was in force before: routes it had, and how they did in its last minutes (null: nobody has counted). */
export interface GuardBefore {
  readonly routes: ReadonlySet<string>;
  readonly tallies: RouteTallies | null;
}

interface GuardJudgement {
  readonly isGood: boolean;
  /** Sentences without their stop; '' where it is good. */
  readonly reason: string;
  /** Routes that had enough requests to be judged. */
  readonly routesJudged: number;
}

/** Judges a new generation by its own requests, against the one that was in force before. Pure: told the counts and the time. */
export class ReloadGuard {
  readonly #config: GuardConfig;
  readonly #before: GuardBefore;
  readonly #startMs: number;
  readonly #now = new RouteTallies();
  /** Of each worker, as it said last. */
  readonly #open = new Map<number, GuardSnapshot['open']>();

  constructor(config: GuardConfig, before: GuardBefore, startMs: number) {
    this.#config = config;
    this.#before = before;
    this.#startMs = startMs;
  }

  /** @param worker number of whoever has counted it. */
  take(worker: number, { ended, open }: GuardSnapshot): void {
    this.#now.add(ended);
    this.#open.set(worker, open);
  }

  /** What is known at this time; null: nothing is decided yet. */
  judge(nowMs: number): GuardJudgement | null {
    const elapsedMs = nowMs - this.#startMs;
    const isOver = elapsedMs >= this.#config.forMs;
    const mayBeSlow = elapsedMs >= this.#config.forMs * SETTLED_SHARE;
    const waiting = this.#waiting();
    const reasons: string[] = [];
    let routesJudged = 0;
    for (const route of new Set([...this.#now.ids, ...waiting.keys()])) {
      if (route === '') continue;
      const reason = this.#judgeRoute(route, mayBeSlow, waiting.get(route) ?? NO_TIMES);
      if (reason === null) continue;
      routesJudged += 1;
      if (reason !== '') reasons.push(`route ${route}: ${reason}`);
    }
    // One route that is worse says more than the sum it is part of.
    if (reasons.length === 0) {
      const reason = this.#judgeAll(mayBeSlow, waiting);
      if (reason !== '') reasons.push(`all routes together: ${reason}`);
    }
    if (reasons.length === 0) return isOver ? { isGood: true, reason: '', routesJudged } : null;
    const more = reasons.length > REASONS_MAX ? `; and ${reasons.length - REASONS_MAX} more` : '';
    return { isGood: false, reason: reasons.slice(0, REASONS_MAX).join('; ') + more, routesJudged };
  }

  /** '' where nothing is wrong; null where it is not for judging. */
  #judgeRoute(route: string, mayBeSlow: boolean, waiting: Float64Array): string | null {
    const { routes, tallies } = this.#before;
    // Whether a route has always been like this, nobody knows.
    if (tallies === null && routes.has(route)) return null;
    return this.#compare(this.#now.of(route) ?? null, tallies?.of(route) ?? null, mayBeSlow ? waiting : null);
  }

  /**
   * Over the routes that both have, and with the old ones' requests weighted as the new ones are spread: a slow route
   * that is asked more often than before would change the sum, and mean nothing.
   */
  #judgeAll(mayBeSlow: boolean, waiting: ReadonlyMap<string, Float64Array>): string {
    const { tallies } = this.#before;
    if (tallies === null) return '';
    const growth = (route: string): number => (this.#now.of(route)?.requests ?? 0) / (tallies.of(route)?.requests ?? 0);
    const inBoth = [...this.#now.ids].filter((route) => growth(route) <= GROWTH_MAX);
    if (tallies.sum(inBoth).requests < this.#config.requestsMin) return '';
    const sum = new Float64Array(TIME_BUCKETS);
    for (const route of inBoth) addTo(sum, waiting.get(route) ?? NO_TIMES);
    return this.#compare(this.#now.sum(inBoth), tallies.sum(inBoth, growth), mayBeSlow ? sum : null) ?? '';
  }

  /** @param waiting requests without an answer yet, by time; null: slowness is not judged. */
  #compare(now: GuardTally | null, before: GuardTally | null, waiting: Float64Array | null): string | null {
    const { requestsMin, errorRise } = this.#config;
    const known = before !== null && before.requests >= requestsMin ? before : null;
    const isCounted = now !== null && now.requests >= requestsMin;
    if (isCounted && now.errors >= ERRORS_MIN && now.errorShare > (known?.errorShare ?? 0) + errorRise) return errorReason(now, known);
    const slow = waiting === null || known === null ? '' : this.#slowReason(now, known, waiting);
    return slow === '' && !isCounted ? null : slow;
  }

  #slowReason(now: GuardTally | null, before: GuardTally, waiting: Float64Array): string {
    const { p95Factor, requestsMin } = this.#config;
    const boundMs = Math.max(before.p95Ms * p95Factor, before.p95Ms + SLOWER_MS_MIN);
    if (!Number.isFinite(boundMs)) return '';
    const above = timeBucket(boundMs);
    const stuck = waiting.reduce((sum, count, bucket) => (bucket > above ? sum + count : sum), 0);
    if ((now?.requests ?? 0) + stuck < requestsMin) return '';
    const p95Ms = (now ?? new GuardTally()).p95WithMs(waiting, above);
    if (p95Ms <= boundMs) return '';
    const open = stuck === 0 ? '' : `, ${stuck} requests still wait`;
    return `answers take ${Math.round(p95Ms)} ms to begin (95th percentile${open}), before ${Math.round(before.p95Ms)} ms`;
  }

  #waiting(): Map<string, Float64Array> {
    const waiting = new Map<string, Float64Array>();
    for (const { route, times } of [...this.#open.values()].flat()) {
      const sum = waiting.get(route) ?? new Float64Array(TIME_BUCKETS);
      waiting.set(route, sum);
      addTo(sum, times);
    }
    return waiting;
  }
}

const NO_TIMES = new Float64Array(TIME_BUCKETS);

function addTo(sum: Float64Array, times: ArrayLike<number>): void {
  for (let i = 0; i < TIME_BUCKETS; i += 1) sum[i]! += times[i] ?? 0;
}

function errorReason(now: GuardTally, before: GuardTally | null): string {
  const was = before === null ? 'with nothing to compare' : `before ${percent(before.errorShare)}`;
  return `${now.errors} of ${now.requests} requests failed (${percent(now.errorShare)}, ${now.mainCode}), ${was}`;
}

function percent(share: number): string {
  const value = share * 100;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} %`;
}
