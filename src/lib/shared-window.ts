import type { Slot } from './slots.ts';

const SECONDS = 10;
const FIELDS = 4;

/** Counts of the last ten seconds, over all workers. */
export interface WindowSum {
  readonly first: number;
  readonly second: number;
  readonly third: number;
}

/**
 * Three counts over the last ten seconds in a slot's cells: ten buckets of one second, each stamped with
 * the second it is for, and emptied by whoever first needs it for another.
 */
export class SharedWindow {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #base: number;

  /** @param field where in the slot its 40 cells begin. */
  constructor(slot: Slot, field: number) {
    this.#cells = slot.cells;
    this.#base = slot.base + field;
  }

  /** @param second seconds on any clock that all threads share, above 0. */
  add(second: number, first: number, second2: number, third: number): void {
    const at = this.#bucket(second);
    if (first !== 0) Atomics.add(this.#cells, at + 1, first);
    if (second2 !== 0) Atomics.add(this.#cells, at + 2, second2);
    if (third !== 0) Atomics.add(this.#cells, at + 3, third);
  }

  /** Sum of the last `seconds`, at most 10, the present one included. */
  sum(second: number, seconds: number): WindowSum {
    let first = 0;
    let second2 = 0;
    let third = 0;
    for (let i = 0; i < SECONDS; i += 1) {
      const at = this.#base + i * FIELDS;
      const stamp = Atomics.load(this.#cells, at);
      if (stamp === 0 || stamp > second || stamp <= second - Math.min(seconds, SECONDS)) continue;
      first += Atomics.load(this.#cells, at + 1);
      second2 += Atomics.load(this.#cells, at + 2);
      third += Atomics.load(this.#cells, at + 3);
    }
    return { first, second: second2, third };
  }

  clear(): void {
    for (let i = 0; i < SECONDS * FIELDS; i += 1) Atomics.store(this.#cells, this.#base + i, 0);
  }

  #bucket(second: number): number {
    const at = this.#base + (second % SECONDS) * FIELDS;
    const stamp = Atomics.load(this.#cells, at);
    if (stamp !== second && Atomics.compareExchange(this.#cells, at, stamp, second) === stamp) {
      for (let i = 1; i < FIELDS; i += 1) Atomics.store(this.#cells, at + i, 0);
    }
    return at;
  }
}
