import { SlotField } from '../lib/slots.ts';
import type { Candidate } from './member.ts';

/** Candidates of whom all are looked at for each choice, which is the fastest way while they are few. */
export class LoadScan<C extends Candidate> {
  readonly #candidates: readonly C[];
  readonly #cells: Int32Array<SharedArrayBuffer>;
  /** Where in the cells the count of each candidate is, and what each weighs: the scan touches nothing else. */
  readonly #places: Uint32Array;
  readonly #weights: Uint32Array;
  /** Positions of those with the least so far. */
  readonly #equals: Uint32Array;
  readonly #turn: () => number;

  constructor(candidates: readonly C[], turn: () => number) {
    this.#candidates = candidates;
    this.#cells = candidates[0]?.slot.cells ?? new Int32Array(new SharedArrayBuffer(0));
    this.#places = Uint32Array.from(candidates, ({ slot }) => slot.base + SlotField.InFlight);
    this.#weights = Uint32Array.from(candidates, ({ weight }) => weight);
    this.#equals = new Uint32Array(candidates.length);
    this.#turn = turn;
  }

  least(tried: readonly C[]): C | null {
    const [candidates, cells, places, weights, equals] = [this.#candidates, this.#cells, this.#places, this.#weights, this.#equals];
    let count = 0;
    let weight = 0;
    let least = Infinity;
    for (let i = 0; i < places.length; i += 1) {
      // A plain read: others' writes are seen as soon, and Atomics.load costs several times as much (test/bench/micro/balancer-pick).
      const load = cells[places[i]!]! / weights[i]!;
      if (load > least || (tried.length > 0 && tried.includes(candidates[i]!))) continue;
      if (load < least) {
        least = load;
        count = 0;
        weight = 0;
      }
      equals[count] = i;
      count += 1;
      weight += weights[i]!;
    }
    if (count === 0) return null;
    return candidates[count === 1 ? equals[0]! : this.#inTurn(weight)]!;
  }

  /** Position of the one whose turn it is among equals that weigh so much together. */
  #inTurn(weight: number): number {
    let left = Math.floor(this.#turn() * weight);
    for (const position of this.#equals) {
      left -= this.#weights[position]!;
      if (left < 0) return position;
    }
    throw new RangeError('equals weigh less than their sum');
  }
}
