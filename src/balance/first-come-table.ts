import { hash32 } from '../lib/hash32.ts';
import type { Candidate } from './member.ts';

/** A prime, so that every step width visits every place once; Maglev's own. */
const PLACES = 65_537;
const OFFSET_SEED = 1;
const STEP_SEED = 2;
/** Most tables are full by then; each further round is half as long again. */
const FIRST_ROUND = Math.log(PLACES);

/**
 * When a walker of weight 1 comes to its n-th place: times of an exponential distribution, so that among
 * walkers of different weights, each as much faster as it is heavier, the first at a place is one of them
 * by exactly its weight.
 */
const ARRIVALS = Float64Array.from({ length: PLACES }, (_, n) => -Math.log(1 - (n + 0.5) / PLACES));

/**
 * A table of 65,537 places shared out by weight: each member walks all places in an order of its own, as
 * in Maglev (Eisenbud et al., 2016), and a place is whose who comes first. Unlike there nobody waits for
 * the others' turns, so that without one member only its own places change hands (rendezvous hashing).
 */
export class FirstComeTable<C extends Candidate> {
  readonly #members: readonly C[];
  readonly #owners: Uint16Array;

  /** About a million steps, a few milliseconds, however many members there are. */
  constructor(members: readonly C[]) {
    // Who comes first in a tie must not depend on the order of the list, which is not the same for every resolver's answer.
    this.#members = members.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    this.#owners = new Uint16Array(members.length === 0 ? 0 : PLACES);
    const arrived = new Float64Array(this.#owners.length).fill(Infinity);
    const walkers = this.#members.map((member) => new Walker(member));
    const weight = members.reduce((sum, member) => sum + member.weight, 0);
    let taken = 0;
    for (let untilTime = FIRST_ROUND / weight; taken < arrived.length; untilTime *= 1.5) {
      for (const [index, walker] of walkers.entries()) taken += walker.walk(untilTime, index, this.#owners, arrived);
    }
  }

  /** @param hash an unsigned integer. Not to be asked of an empty table. */
  owner(hash: number): C {
    return this.#members[this.#owners[hash % PLACES]!]!;
  }
}

/** One member on its way through all places. */
class Walker {
  readonly #weight: number;
  readonly #step: number;
  #place: number;
  #visited = 0;

  constructor({ key, weight }: Candidate) {
    this.#weight = weight;
    this.#place = hash32(key, OFFSET_SEED) % PLACES;
    this.#step = 1 + (hash32(key, STEP_SEED) % (PLACES - 1));
  }

  /** Goes on up to a time, taking what nobody came to before. @returns how many places had nobody at all. */
  walk(untilTime: number, index: number, owners: Uint16Array, arrived: Float64Array): number {
    let taken = 0;
    for (; this.#visited < PLACES; this.#visited += 1) {
      const time = ARRIVALS[this.#visited]! / this.#weight;
      if (time > untilTime) break;
      const place = this.#place;
      if (time < arrived[place]!) {
        if (arrived[place] === Infinity) taken += 1;
        arrived[place] = time;
        owners[place] = index;
      }
      this.#place = (place + this.#step) % PLACES;
    }
    return taken;
  }
}
