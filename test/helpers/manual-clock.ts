import type { Clock } from '../../src/lib/clock.ts';

interface Ticker {
  readonly periodMs: number;
  readonly tick: () => void;
  dueMs: number;
}

/** A clock that stands still until it is told to move. Starts at 2026-01-01T00:00:00Z. */
export class ManualClock implements Clock {
  readonly #startMs: number;
  readonly #tickers = new Set<Ticker>();
  #elapsedMs = 0;
  #stepMs = 0;

  constructor(startMs: number = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#stepMs + Math.floor(this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  processMs(): number {
    return this.#elapsedMs;
  }

  every(periodMs: number, tick: () => void): () => void {
    const ticker = { periodMs, tick, dueMs: this.#elapsedMs + periodMs };
    this.#tickers.add(ticker);
    return () => {
      this.#tickers.delete(ticker);
    };
  }

  /** How many `every` are running: 0 after everything has been closed. */
  get tickers(): number {
    return this.#tickers.size;
  }

  /** Moves time on and calls each tick that falls due, in order, with the clock at its due time. */
  advance(ms: number): void {
    const endMs = this.#elapsedMs + ms;
    for (let next = this.#nextDue(endMs); next !== null; next = this.#nextDue(endMs)) {
      this.#elapsedMs = next.dueMs;
      next.dueMs += next.periodMs;
      next.tick();
    }
    this.#elapsedMs = endMs;
  }

  /** Sets the wall clock forward or back, as NTP or an operator does; monotonic time does not notice. */
  jumpWallClock(ms: number): void {
    this.#stepMs += ms;
  }

  #nextDue(endMs: number): Ticker | null {
    let next: Ticker | null = null;
    for (const ticker of this.#tickers) {
      if (ticker.dueMs <= endMs && (next === null || ticker.dueMs < next.dueMs)) next = ticker;
    }
    return next;
  }
}
