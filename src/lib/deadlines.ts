import type { Clock } from './clock.ts';

const TICK_MS = 100;

/** Something that must happen before a moment. Objects that live on the hot path extend it, so that a deadline costs no allocation. */
export abstract class Watched {
  /** Moment in {@link Deadlines.nowMs} time; Infinity: no deadline. Moving it is a plain assignment. */
  deadlineMs = Infinity;
  previousWatched: Watched | null = null;
  nextWatched: Watched | null = null;
  isWatched = false;

  /** Called once per expiry; the deadline is Infinity again by then. */
  abstract onDeadline(): void;
}

/**
 * Coarse deadlines for many objects: one interval walks one linked list. Requests move their deadline
 * at every phase and every chunk, which a timer per request would pay for each time; here it is one
 * number written. Precision is {@link TICK_MS}, far below any time-out a gateway has.
 */
export class Deadlines {
  /** Monotonic milliseconds of the last tick: the clock to compute deadlines from without asking the system. */
  nowMs: number;
  readonly #clock: Clock;
  readonly #stopTicking: () => void;
  readonly #onFault: (error: unknown) => void;
  #first: Watched | null = null;

  /** @param onFault told of an exception in an `onDeadline`; the other deadlines are not affected by it. */
  constructor(clock: Clock, onFault: (error: unknown) => void) {
    this.#clock = clock;
    this.#onFault = onFault;
    this.nowMs = clock.monotonicMs();
    this.#stopTicking = clock.every(TICK_MS, () => this.#tick());
  }

  /** The moment `ms` from now. Late by two ticks at most, but never early. */
  after(ms: number): number {
    return this.nowMs + ms + TICK_MS;
  }

  add(watched: Watched): void {
    if (watched.isWatched) return;
    watched.isWatched = true;
    watched.previousWatched = null;
    watched.nextWatched = this.#first;
    if (this.#first !== null) this.#first.previousWatched = watched;
    this.#first = watched;
  }

  remove(watched: Watched): void {
    if (!watched.isWatched) return;
    watched.isWatched = false;
    const { previousWatched: previous, nextWatched: next } = watched;
    if (previous === null) this.#first = next;
    else previous.nextWatched = next;
    if (next !== null) next.previousWatched = previous;
    watched.previousWatched = null;
    watched.nextWatched = null;
  }

  close(): void {
    this.#stopTicking();
  }

  #tick(): void {
    const now = this.#clock.monotonicMs();
    this.nowMs = now;
    // Expiring may remove any entry, so what is due is collected before anything is told.
    let due: Watched[] | null = null;
    for (let entry = this.#first; entry !== null; entry = entry.nextWatched) {
      if (entry.deadlineMs <= now) (due ??= []).push(entry);
    }
    if (due === null) return;
    for (const entry of due) {
      if (!entry.isWatched || entry.deadlineMs > now) continue;
      entry.deadlineMs = Infinity;
      try {
        entry.onDeadline();
      } catch (error) {
        this.#onFault(error);
      }
    }
  }
}
