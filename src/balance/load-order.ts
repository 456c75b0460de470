import { SLOTS_MAX, SlotField } from '../lib/slots.ts';
import type { ReturnsReader } from '../lib/slot-returns.ts';
import { LoadTree } from './load-tree.ts';
import type { Candidate } from './member.ts';

/**
 * Candidates, one at least, in a tree by the loads this worker last saw. That a load went down is announced
 * to all workers, and read before anybody is chosen; that it went up is seen when the tree offers that one.
 */
export class LoadOrder<C extends Candidate> {
  readonly #candidates: readonly C[];
  readonly #cells: Int32Array<SharedArrayBuffer>;
  /** Where in the cells the count of each candidate is. */
  readonly #places: Uint32Array;
  readonly #weights: Uint32Array;
  readonly #loads: Float64Array;
  readonly #tree: LoadTree;
  /** Position of each slot's candidate, by the slot's number; -1: it has none. */
  readonly #positions = new Int16Array(SLOTS_MAX).fill(-1);
  readonly #returns: ReturnsReader;
  readonly #turn: () => number;
  readonly #lookAgainAt = (slot: number): void => {
    const position = this.#positions[slot]!;
    if (position !== -1) this.#tree.set(position, this.#loadNow(position));
  };

  /** What is given back meanwhile is announced, or in the counts, which are read last. */
  constructor(candidates: readonly C[], turn: () => number) {
    const weights = candidates.map(({ weight }) => weight);
    this.#candidates = candidates;
    this.#cells = candidates[0]!.slot.cells;
    this.#places = Uint32Array.from(candidates, ({ slot }) => slot.base + SlotField.InFlight);
    this.#weights = Uint32Array.from(weights);
    this.#loads = new Float64Array(candidates.length);
    this.#tree = new LoadTree(weights);
    this.#turn = turn;
    this.#returns = candidates[0]!.slot.returns.reader();
    for (const [position, { slot }] of candidates.entries()) {
      this.#positions[slot.number] = position;
      slot.announceReturns();
    }
    this.#lookAtAll();
  }

  least(tried: readonly C[]): C | null {
    if (!this.#returns.read(this.#candidates.length, this.#lookAgainAt)) this.#lookAtAll();
    for (const candidate of tried) {
      const position = this.#positions[candidate.slot.number]!;
      if (this.#candidates[position] === candidate) this.#tree.set(position, Infinity);
    }
    const chosen = this.#candidates[this.#least()] ?? null;
    for (const { slot } of tried) this.#lookAgainAt(slot.number);
    return chosen;
  }

  /** Others can only have more than they had when last seen, so one that still has the least seen has the least there is. */
  #least(): number {
    for (;;) {
      const position = this.#tree.least(this.#turn);
      if (position === -1) return position;
      const load = this.#loadNow(position);
      if (load <= this.#tree.loadOf(position)) return position;
      this.#tree.set(position, load);
    }
  }

  #loadNow(position: number): number {
    return this.#cells[this.#places[position]!]! / this.#weights[position]!;
  }

  #lookAtAll(): void {
    for (let i = 0; i < this.#loads.length; i += 1) this.#loads[i] = this.#loadNow(i);
    this.#tree.setAll(this.#loads);
  }
}
