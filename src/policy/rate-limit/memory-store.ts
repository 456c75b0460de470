import type { Clock } from '../../lib/clock.ts';
import type { LimitQuestion, LimitStore, LimitVerdict, LimitWindow, WindowState } from './limit-store.ts';
import { type LimitMemory, LimitTable } from './limit-table.ts';

/** Rounding of a number near to its power of two must refuse nobody: some billionths of a second of grace, whatever the rate. */
const GRACE = 2 ** -50;

/**
 * Counts in memory that all workers share. Of each window the theoretical arrival time of GCRA is kept, in intervals of that
 * window instead of milliseconds: then every request adds exactly 1, be it one in a thousandth of a second or one a day.
 */
export class MemoryStore implements LimitStore {
  readonly #table: LimitTable;
  readonly #clock: Pick<Clock, 'processMs'>;

  /** @param worker 1-based; 0 for the control plane. */
  constructor(memory: LimitMemory, worker: number, clock: Pick<Clock, 'processMs'>) {
    this.#table = new LimitTable(memory, worker);
    this.#clock = clock;
  }

  take({ key, windows }: LimitQuestion): LimitVerdict {
    const nowMs = this.#nowMs();
    const place = this.#table.enter(key, windows, nowMs);
    try {
      return this.#judge(place, windows, nowMs);
    } finally {
      this.#table.leave();
    }
  }

  giveBack({ key, windows }: LimitQuestion): void {
    const place = this.#table.enterKnown(key, windows);
    if (place === null) return;
    const { values } = this.#table;
    let idleAtMs = 0;
    for (const [i, window] of windows.entries()) {
      const arrival = Math.max(0, values[place + i]! - 1);
      values[place + i] = arrival;
      idleAtMs = Math.max(idleAtMs, arrival * intervalMs(window));
    }
    this.#table.idleAtMs = idleAtMs;
    this.#table.leave();
  }

  /** What is counted of a key, window by window, without a request being taken. @returns null: nothing is. */
  peek({ key, windows }: LimitQuestion): readonly WindowState[] | null {
    const place = this.#table.enterKnown(key, windows);
    if (place === null) return null;
    const nowMs = this.#nowMs();
    const isInUse = this.#table.idleAtMs > nowMs;
    const arrivals = Array.from(windows, (_, i) => this.#table.values[place + i]!);
    this.#table.leave();
    return isInUse ? windows.map((window, i) => stateOf(window, arrivals[i]!, intervals(nowMs, window))) : null;
  }

  async clear(key: string): Promise<boolean> {
    const nowMs = this.#nowMs();
    if (this.#table.enterKnown(key, null) === null) return false;
    const wasInUse = this.#table.idleAtMs > nowMs;
    this.#table.forget();
    this.#table.leave();
    return wasInUse;
  }

  /** The memory lives as long as the process. */
  close(): void {}

  /** 0 at the origin of the table, and never before it: the clocks of two threads may differ by a hair. */
  #nowMs(): number {
    return Math.max(0, this.#clock.processMs() - this.#table.originMs);
  }

  #judge(place: number, windows: readonly LimitWindow[], nowMs: number): LimitVerdict {
    const { values } = this.#table;
    let refusedBy = -1;
    let waitMs = 0;
    for (let i = 0; i < windows.length; i += 1) {
      const window = windows[i]!;
      const arrival = values[place + i]!;
      const tooMany = arrival - intervals(nowMs, window) - window.burst;
      if (tooMany <= arrival * GRACE || tooMany * intervalMs(window) <= waitMs) continue;
      refusedBy = i;
      waitMs = tooMany * intervalMs(window);
    }
    if (refusedBy === -1) return this.#pass(place, windows, nowMs);
    const window = windows[refusedBy]!;
    const resetMs = (values[place + refusedBy]! - intervals(nowMs, window)) * intervalMs(window);
    return { allowed: false, remaining: 0, resetMs, retryAfterMs: waitMs, aheadMs: 0, window: refusedBy };
  }

  #pass(place: number, windows: readonly LimitWindow[], nowMs: number): LimitVerdict {
    const { values } = this.#table;
    let remaining = Infinity;
    let resetMs = 0;
    let aheadMs = 0;
    let tightest = 0;
    let idleAtMs = 0;
    for (let i = 0; i < windows.length; i += 1) {
      const window = windows[i]!;
      const now = intervals(nowMs, window);
      const before = Math.max(now, values[place + i]!);
      const backlog = before - now;
      const arrival = before + 1;
      values[place + i] = arrival;
      idleAtMs = Math.max(idleAtMs, arrival * intervalMs(window));
      aheadMs = Math.max(aheadMs, backlog * intervalMs(window));
      const left = Math.max(0, Math.floor(window.burst - backlog + arrival * GRACE));
      if (left >= remaining) continue;
      remaining = left;
      resetMs = (backlog + 1) * intervalMs(window);
      tightest = i;
    }
    this.#table.idleAtMs = idleAtMs;
    return { allowed: true, remaining, resetMs, retryAfterMs: 0, aheadMs, window: tightest };
  }
}

/** @param arrival and @param now in intervals of the window. */
function stateOf(window: LimitWindow, arrival: number, now: number): WindowState {
  const backlog = Math.max(0, arrival - now);
  const grace = arrival * GRACE;
  const tooMany = backlog - window.burst;
  return { remaining: Math.max(0, Math.floor(1 - tooMany + grace)), retryAfterMs: tooMany <= grace ? 0 : tooMany * intervalMs(window) };
}

/** The product first, so that a whole number of intervals is one. */
function intervals(ms: number, { requests, periodMs }: LimitWindow): number {
  return (ms * requests) / periodMs;
}

function intervalMs({ requests, periodMs }: LimitWindow): number {
  return periodMs / requests;
}
