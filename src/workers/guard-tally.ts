import { TIME_BUCKETS, timeWithin } from '../lib/time-scale.ts';
import type { RouteCounts } from './guard-counts.ts';

const P95 = 0.95;
/** So that something between two and a half minutes and five is known. */
const STRETCH_MS = 150_000;

/** Requests of a route, or of several, in all workers. */
export class GuardTally {
  requests = 0;
  errors = 0;
  readonly codes = new Map<string, number>();
  readonly #times = new Float64Array(TIME_BUCKETS);

  add({ requests, codes, times }: Omit<RouteCounts, 'route'>): void {
    this.requests += requests;
    for (const [code, count] of codes) {
      this.errors += count;
      this.codes.set(code, (this.codes.get(code) ?? 0) + count);
    }
    for (let i = 0; i < TIME_BUCKETS; i += 1) this.#times[i]! += times[i] ?? 0;
  }

  /** @param weight each request of the other counts so many times. */
  merge(other: GuardTally, weight = 1): void {
    this.requests += other.requests * weight;
    this.errors += other.errors * weight;
    for (const [code, count] of other.codes) this.codes.set(code, (this.codes.get(code) ?? 0) + count * weight);
    for (let i = 0; i < TIME_BUCKETS; i += 1) this.#times[i]! += other.#times[i]! * weight;
  }

  /** Of requests that failed; 0 without any. */
  get errorShare(): number {
    return this.requests === 0 ? 0 : this.errors / this.requests;
  }

  /** In ms; -1: nothing is known. */
  get p95Ms(): number {
    return timeWithin(this.#times, P95);
  }

  /** The same where requests without an answer count with the time they have waited, as far as that is more already. */
  p95WithMs(waiting: ArrayLike<number>, aboveBucket: number): number {
    const times = this.#times.slice();
    for (let i = aboveBucket + 1; i < TIME_BUCKETS; i += 1) times[i]! += waiting[i] ?? 0;
    return timeWithin(times, P95);
  }

  /** The most frequent error; '' without any. */
  get mainCode(): string {
    return [...this.codes].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? '';
  }
}

/** By id of the route; '' is that of requests without one. */
export class RouteTallies {
  readonly #routes = new Map<string, GuardTally>();

  get ids(): Iterable<string> {
    return this.#routes.keys();
  }

  of(route: string): GuardTally | undefined {
    return this.#routes.get(route);
  }

  add(counts: readonly RouteCounts[]): void {
    for (const count of counts) this.#make(count.route).add(count);
  }

  merge(other: RouteTallies): void {
    for (const [route, tally] of other.#routes) this.#make(route).merge(tally);
  }

  /** Of these routes. @param weightOf how many times each request of a route counts; default: once. */
  sum(routes: Iterable<string>, weightOf: (route: string) => number = () => 1): GuardTally {
    const sum = new GuardTally();
    for (const route of routes) {
      const tally = this.#routes.get(route);
      if (tally !== undefined) sum.merge(tally, weightOf(route));
    }
    return sum;
  }

  #make(route: string): GuardTally {
    const known = this.#routes.get(route);
    if (known !== undefined) return known;
    const tally = new GuardTally();
    this.#routes.set(route, tally);
    return tally;
  }
}

/** The last minutes: two stretches of time, of which the older one is let go when the younger is full. */
export class RecentTallies {
  #older: RouteTallies;
  #younger = new RouteTallies();
  #turnMs: number;

  /** @param before what the time before is known to have been like. */
  constructor(nowMs: number, before = new RouteTallies()) {
    this.#older = before;
    this.#turnMs = nowMs + STRETCH_MS;
  }

  add(counts: readonly RouteCounts[], nowMs: number): void {
    if (nowMs >= this.#turnMs) {
      this.#older = this.#younger;
      this.#younger = new RouteTallies();
      this.#turnMs = nowMs + STRETCH_MS;
    }
    this.#younger.add(counts);
  }

  sum(): RouteTallies {
    const sum = new RouteTallies();
    sum.merge(this.#older);
    sum.merge(this.#younger);
    return sum;
  }
}
