import type { Slot } from './slots.ts';

const SECONDS = 10;
const COUNTS = 3;
/** A mark is a second and the totals there were when it began. */
const MARK_FIELDS = 1 + COUNTS;

/** Counts of the last seconds, over all workers. */
interface WindowSum {
  readonly first: number;
  readonly second: number;
  readonly third: number;
}

/**
 * Three counts over the last ten seconds in 43 cells of a slot, exact over all threads without a lock:
 * totals that only ever grow, and for each of ten seconds a mark of what they were before it. What
 * happened since is a difference, so nothing is ever set to zero under the hands of another thread.
 */
export class SharedWindow {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #totals: number;
  readonly #marks: number;

  /** @param field where in the slot its 43 cells begin. */
  constructor(slot: Slot, field: number) {
    this.#cells = slot.cells;
    this.#totals = slot.base + field;
    this.#marks = this.#totals + COUNTS;
  }

  /** @param second seconds on any clock that all threads share, above 0. */
  add(second: number, first: number, second2: number, third: number): void {
    this.#mark(second);
    const at = this.#totals;
    if (first !== 0) Atomics.add(this.#cells, at, first);
    if (second2 !== 0) Atomics.add(this.#cells, at + 1, second2);
    if (third !== 0) Atomics.add(this.#cells, at + 2, third);
  }

  /** Sum of the last `seconds`, at most 10, the present one included. */
  sum(second: number, seconds: number): WindowSum {
    const mark = this.#oldestMark(second - Math.min(seconds, SECONDS), second);
    if (mark === -1) return { first: 0, second: 0, third: 0 };
    return { first: this.#since(mark, 0), second: this.#since(mark, 1), third: this.#since(mark, 2) };
  }

  /** Everything up to now is forgotten: without a mark there is nothing to count from. */
  clear(): void {
    for (let i = 0; i < SECONDS; i += 1) Atomics.store(this.#cells, this.#marks + i * MARK_FIELDS, 0);
  }

  /**
   * Marks the beginning of a second, by whoever is first in it. The totals are read before the place is
   * taken, so that what others add meanwhile counts for this second; until they are written the place
   * bears the negative second, which stands for no mark.
   */
  #mark(second: number): void {
    const at = this.#marks + (second % SECONDS) * MARK_FIELDS;
    const before = Atomics.load(this.#cells, at);
    if (before === second || before === -second) return;
    const first = Atomics.load(this.#cells, this.#totals);
    const second2 = Atomics.load(this.#cells, this.#totals + 1);
    const third = Atomics.load(this.#cells, this.#totals + 2);
    if (Atomics.compareExchange(this.#cells, at, before, -second) !== before) return;
    Atomics.store(this.#cells, at + 1, first);
    Atomics.store(this.#cells, at + 2, second2);
    Atomics.store(this.#cells, at + 3, third);
    Atomics.store(this.#cells, at, second);
  }

  /** The first mark after one second and up to another; -1: nothing was counted in between. */
  #oldestMark(after: number, upTo: number): number {
    let found = -1;
    let oldest = upTo + 1;
    for (let i = 0; i < SECONDS; i += 1) {
      const at = this.#marks + i * MARK_FIELDS;
      const second = Atomics.load(this.#cells, at);
      if (second <= 0 || second <= after || second >= oldest) continue;
      found = at;
      oldest = second;
    }
    return found;
  }

  /** The difference is right even where the total has passed the sign bit. */
  #since(mark: number, count: number): number {
    return (Atomics.load(this.#cells, this.#totals + count) - Atomics.load(this.#cells, mark + 1 + count)) | 0;
  }
}
