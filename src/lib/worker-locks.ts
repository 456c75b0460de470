const FREE = 0;
/** How often a thread looks again before it sleeps: whoever holds a lock does so for less than a microsecond, unless it lost its core. */
const LOOKS = 200;
const SLEEP_MS = 1;
/** After so many sleeps the holder is taken for dead. One that comes back after all has done its work beside somebody else's. */
const SLEEPS_MAX = 100;

/**
 * Locks in shared memory for what takes a few instructions. Whoever holds one stands in its cell, so that what a dead worker
 * held can be freed. Not re-entrant.
 */
export class WorkerLocks {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #own: number;

  /** @param worker 1-based; 0 for the control plane. */
  constructor(cells: Int32Array<SharedArrayBuffer>, worker: number) {
    this.#cells = cells;
    this.#own = markOf(worker);
  }

  /** @param at index of the cell, which is 0 while it is free. */
  acquire(at: number): void {
    if (Atomics.compareExchange(this.#cells, at, FREE, this.#own) !== FREE) this.#wait(at);
  }

  release(at: number): void {
    // Not where somebody has taken it over.
    Atomics.compareExchange(this.#cells, at, this.#own, FREE);
  }

  /** Frees the lock if the worker, which has ended, holds it. */
  forget(at: number, worker: number): void {
    Atomics.compareExchange(this.#cells, at, markOf(worker), FREE);
  }

  #wait(at: number): void {
    for (let sleeps = 0; ;) {
      let holder = FREE;
      for (let looks = 0; looks < LOOKS; looks += 1) {
        holder = Atomics.compareExchange(this.#cells, at, FREE, this.#own);
        if (holder === FREE) return;
      }
      if (Atomics.wait(this.#cells, at, holder, SLEEP_MS) !== 'timed-out') continue;
      sleeps += 1;
      if (sleeps >= SLEEPS_MAX && Atomics.compareExchange(this.#cells, at, holder, this.#own) === holder) return;
    }
  }
}

function markOf(worker: number): number {
  return worker + 1;
}
