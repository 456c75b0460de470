import { SlotField } from '../lib/slots.ts';
import { spreadPoint } from '../lib/spread-point.ts';
import type { Balancer, BalancerServices, EligibleList, PickQuestion } from './balancer.ts';
import type { Candidate } from './member.ts';

/**
 * Whoever has the fewest requests in flight for its weight, counted over all workers; equals get their
 * turns by weight. A pick looks at every candidate, because any thread may have changed any count since
 * the last one: some 60 ns for ten of them, 5 µs for a thousand, where random-two is nearly as even.
 */
export class LeastConn<C extends Candidate> implements Balancer<C> {
  readonly #services: BalancerServices;
  #candidates: readonly C[] = [];
  #cells = new Int32Array(new SharedArrayBuffer(0));
  /** Where in the cells the count of each candidate is, and what each weighs: the scan touches nothing else. */
  #places = new Uint32Array(0);
  #weights = new Uint32Array(0);
  /** Positions of those with the least so far. */
  #equals = new Uint32Array(0);

  constructor(services: BalancerServices) {
    this.#services = services;
  }

  pick({ candidates }: EligibleList<C>, { tried }: PickQuestion<C>): C | null {
    if (candidates !== this.#candidates) this.#learn(candidates);
    const [cells, places, weights, equals] = [this.#cells, this.#places, this.#weights, this.#equals];
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
    // With nothing to do all are equal, and the weights must count all the same.
    return candidates[count === 1 ? equals[0]! : this.#inTurn(weight)]!;
  }

  /** Position of the one whose turn it is among equals that weigh so much together. */
  #inTurn(weight: number): number {
    let left = Math.floor(spreadPoint(this.#services.nextTurn()) * weight);
    for (const position of this.#equals) {
      left -= this.#weights[position]!;
      if (left < 0) return position;
    }
    throw new RangeError('equals weigh less than their sum');
  }

  #learn(candidates: readonly C[]): void {
    this.#candidates = candidates;
    this.#cells = candidates[0]?.slot.cells ?? this.#cells;
    this.#places = Uint32Array.from(candidates, ({ slot }) => slot.base + SlotField.InFlight);
    this.#weights = Uint32Array.from(candidates, ({ weight }) => weight);
    this.#equals = new Uint32Array(candidates.length);
  }
}
