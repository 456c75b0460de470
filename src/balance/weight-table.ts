import type { Candidate } from './member.ts';

/** Draws from a list by weight: members laid end to end, each as long as it weighs. Look-up by binary search. */
export class WeightTable<C extends Candidate> {
  readonly #candidates: readonly C[];
  /** Where each one ends. */
  readonly #ends: Uint32Array;
  readonly #positions = new Map<C, number>();
  readonly #total: number;
  /** Positions to leave out, in ascending order; used again for every draw. */
  readonly #out: number[] = [];

  constructor(candidates: readonly C[]) {
    this.#candidates = candidates;
    this.#ends = new Uint32Array(candidates.length);
    let end = 0;
    for (const [position, candidate] of candidates.entries()) {
      end += candidate.weight;
      this.#ends[position] = end;
      this.#positions.set(candidate, position);
    }
    this.#total = end;
  }

  /** Who stands at a point of the whole, 0 ≤ point < 1; null in an empty list. */
  at(point: number): C | null {
    return this.#candidates[this.#search(Math.floor(point * this.#total))] ?? null;
  }

  /**
   * Who stands at a point of what is left without `tried` and `other`, so that what they would have got
   * goes to all others by weight. Null where nobody is left.
   */
  atWithout(point: number, tried: readonly C[], other: C | null): C | null {
    const out = this.#out;
    out.length = 0;
    let left = this.#total;
    for (const candidate of tried) left -= this.#leaveOut(candidate);
    if (other !== null) left -= this.#leaveOut(other);
    if (out.length >= this.#candidates.length) return null;
    // Whole numbers, so that rounding can never lead to one that is left out.
    let at = Math.floor(point * left);
    for (const position of out) {
      const start = position === 0 ? 0 : this.#ends[position - 1]!;
      if (at >= start) at += this.#ends[position]! - start;
    }
    return this.#candidates[this.#search(at)] ?? null;
  }

  /** @returns the weight that is gone with it: none where it is not of the list, or out already. */
  #leaveOut(candidate: C): number {
    const position = this.#positions.get(candidate);
    if (position === undefined) return 0;
    const out = this.#out;
    if (out.includes(position)) return 0;
    let place = out.length;
    for (; place > 0 && out[place - 1]! > position; place -= 1) out[place] = out[place - 1]!;
    out[place] = position;
    return candidate.weight;
  }

  /** The first one that ends beyond the point. */
  #search(point: number): number {
    let low = 0;
    let high = this.#ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ends[middle]! > point) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
