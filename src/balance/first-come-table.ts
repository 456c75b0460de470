import { hash32, mix32 } from '../lib/hash32.ts';
import type { Candidate } from './member.ts';

const PLACES = 2 ** 16;
const STEP_SEED = 1;
/** Steps over all members after which most tables are full; each further round is half as long again. */
const FIRST_ROUND = PLACES * Math.log(PLACES);

/**
 * A table of 65,536 places shared out by weight. Each member visits places in a random order of its own,
 * as many in a time as it weighs, and a place is whose who comes there first. Unlike in Maglev (Eisenbud
 * et al., 2016) nobody waits for others' turns: without one member only its own places change hands, as
 * with rendezvous hashing, of which this is a fast way to know the answer for every place at once.
 */
export class FirstComeTable<C extends Candidate> {
  readonly #members: readonly C[];
  readonly #owners: Uint16Array;

  /** About a million steps and ten milliseconds, however many members there are. */
  constructor(members: readonly C[]) {
    // Who wins a tie must not depend on the order of the list, which no resolver promises.
    this.#members = members.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    this.#owners = new Uint16Array(members.length === 0 ? 0 : PLACES);
    const arrivals = new Float64Array(this.#owners.length).fill(Infinity);
    const visitors = this.#members.map((member, index) => new Visitor(member, index));
    const weight = members.reduce((sum, member) => sum + member.weight, 0);
    let taken = 0;
    for (let untilTime = FIRST_ROUND / weight; taken < arrivals.length; untilTime *= 1.5) {
      for (const visitor of visitors) taken += visitor.visit(untilTime, this.#owners, arrivals);
    }
  }

  /** @param hash an unsigned integer. Not to be asked of an empty table. */
  owner(hash: number): C {
    return this.#members[this.#owners[hash % PLACES]!]!;
  }
}

class Visitor {
  readonly #index: number;
  readonly #weight: number;
  readonly #seed: number;
  readonly #step: number;
  #visits = 0;

  constructor({ key, weight }: Candidate, index: number) {
    this.#index = index;
    this.#weight = weight;
    this.#seed = hash32(key);
    // Of its own, or two members could come to the same places in the same order, one always behind the other.
    this.#step = hash32(key, STEP_SEED) | 1;
  }

  /** Goes on up to a time, taking what nobody came to before. @returns how many places had nobody at all. */
  visit(untilTime: number, owners: Uint16Array, arrivals: Float64Array): number {
    for (let taken = 0; ; this.#visits += 1) {
      const lot = mix32(this.#seed + Math.imul(this.#visits, this.#step));
      const place = lot % PLACES;
      // The upper half of the lot says when within its turn, so that equals do not always come in the same order.
      const time = (this.#visits + (lot >>> 16) / PLACES) / this.#weight;
      if (time >= untilTime) return taken;
      const before = arrivals[place]!;
      if (time >= before) continue;
      if (before === Infinity) taken += 1;
      arrivals[place] = time;
      owners[place] = this.#index;
    }
  }
}
