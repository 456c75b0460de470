import type { TrafficCount } from '../admin/status-source.ts';
import { DURATION_BOUNDS_S, quantileOf } from '../observe/metrics/buckets.ts';

/** Steps that make an hour, and their length. */
export const STEPS = 360;
export const STEP_MS = 10_000;
const SECONDS = 60;

/** Requests, errors, and how many were how fast, by bucket. */
const REQUESTS = 0;
const ERRORS = 1;
const BUCKETS = 2;
const TALLY_WIDTH = BUCKETS + DURATION_BOUNDS_S.length + 1;

/** What was counted of a route: plain numbers, so that they can be added and taken away. */
export class Tally {
  readonly values = new Float64Array(TALLY_WIDTH);

  addRequests(count: number, isError: boolean): void {
    this.values[REQUESTS]! += count;
    if (isError) this.values[ERRORS]! += count;
  }

  addDurations(buckets: ArrayLike<number>): void {
    for (let i = BUCKETS; i < TALLY_WIDTH; i += 1) this.values[i]! += buckets[i - BUCKETS] ?? 0;
  }

  /** Never below nothing: of what was let go, nothing is known any more. */
  addChange(before: Tally | undefined, now: Tally): void {
    for (let i = 0; i < TALLY_WIDTH; i += 1) this.values[i]! += Math.max(0, now.values[i]! - (before?.values[i] ?? 0));
  }

  add(other: Tally): void {
    for (let i = 0; i < TALLY_WIDTH; i += 1) this.values[i]! += other.values[i]!;
  }

  get isEmpty(): boolean {
    return this.values.every((value) => value === 0);
  }

  get count(): TrafficCount {
    const buckets = this.values.subarray(BUCKETS);
    return { requests: this.values[REQUESTS]!, errors: this.values[ERRORS]!, p50Ms: quantileMs(buckets, 0.5), p95Ms: quantileMs(buckets, 0.95) };
  }
}

function quantileMs(buckets: Float64Array, share: number): number {
  const value = quantileOf(DURATION_BOUNDS_S, buckets, share);
  return value < 0 ? -1 : Math.round(value * 1e5) / 100;
}

/** A sum over the last so many places of a ring. */
export class SlidingSum {
  readonly #ring: Float64Array;
  #sum = 0;

  constructor(length: number) {
    this.#ring = new Float64Array(length);
  }

  get value(): number {
    return this.#sum;
  }

  add(at: number, value: number): void {
    this.#ring[at % this.#ring.length]! += value;
    this.#sum += value;
  }

  /** Frees a place for what comes next. */
  clear(at: number): void {
    const index = at % this.#ring.length;
    this.#sum -= this.#ring[index]!;
    this.#ring[index] = 0;
  }
}

/** The last hour of one route in steps, and its last minute. Takes 22 KiB. */
export class RouteTraffic {
  readonly #requests = new Float64Array(STEPS);
  readonly #errors = new Float64Array(STEPS);
  readonly #p50Ms = new Float32Array(STEPS).fill(-1);
  readonly #p95Ms = new Float32Array(STEPS).fill(-1);
  readonly #seconds: Tally[] = Array.from({ length: SECONDS }, () => new Tally());
  #step = new Tally();

  get step(): TrafficCount {
    return this.#step.count;
  }

  get minute(): TrafficCount {
    const sum = new Tally();
    for (const second of this.#seconds) sum.add(second);
    return sum.count;
  }

  /** @param second counts them. */
  take(change: Tally, second: number): void {
    this.#seconds[second % SECONDS] = change;
    this.#step.add(change);
  }

  /** What was counted so far becomes the step of this number, and another begins. */
  endStep(number: number): void {
    const { requests, errors, p50Ms, p95Ms } = this.#step.count;
    const at = number % STEPS;
    this.#requests[at] = requests;
    this.#errors[at] = errors;
    this.#p50Ms[at] = p50Ms;
    this.#p95Ms[at] = p95Ms;
    this.#step = new Tally();
  }

  /** The last so many steps that have ended, the oldest first, and the one in work behind them. */
  steps(ended: number, count: number): Pick<Record<keyof TrafficCount, number[]>, 'requests' | 'errors' | 'p50Ms' | 'p95Ms'> {
    const at = Array.from({ length: count }, (_, index) => (ended - count + index) % STEPS);
    const { requests, errors, p50Ms, p95Ms } = this.#step.count;
    return {
      requests: [...at.map((index) => this.#requests[index] ?? 0), requests],
      errors: [...at.map((index) => this.#errors[index] ?? 0), errors],
      p50Ms: [...at.map((index) => this.#p50Ms[index] ?? -1), p50Ms],
      p95Ms: [...at.map((index) => this.#p95Ms[index] ?? -1), p95Ms],
    };
  }

  /** Nothing happened in the last hour, as far as steps have ended. */
  get isIdle(): boolean {
    return this.#requests.every((count) => count === 0) && this.#step.count.requests === 0;
  }
}

/** How often an error code was the answer of a route. */
export class CodeTraffic {
  readonly #minute = new SlidingSum(SECONDS);
  readonly #hour = new SlidingSum(STEPS);

  get lastMinute(): number {
    return this.#minute.value;
  }

  get lastHour(): number {
    return this.#hour.value;
  }

  /** To be called each second, with nothing too. */
  take(count: number, second: number, step: number): void {
    this.#minute.clear(second);
    this.#minute.add(second, count);
    this.#hour.add(step, count);
  }

  beginStep(step: number): void {
    this.#hour.clear(step);
  }
}
