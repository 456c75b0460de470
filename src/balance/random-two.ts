import type { Balancer, BalancerServices, EligibleList, PickQuestion } from './balancer.ts';
import type { Candidate } from './member.ts';
import { WeightTable } from './weight-table.ts';

/**
 * The better of two drawn by lot and weight (Mitzenmacher, The Power of Two Choices): nearly as even as
 * looking at all, at a cost that hardly grows with their number, and workers do not flock to one member.
 */
export class RandomTwo<C extends Candidate> implements Balancer<C> {
  readonly #services: BalancerServices;
  #candidates: readonly C[] = [];
  #table = new WeightTable<C>([]);

  constructor(services: BalancerServices) {
    this.#services = services;
  }

  pick({ candidates }: EligibleList<C>, { tried }: PickQuestion<C>): C | null {
    if (candidates !== this.#candidates) this.#learn(candidates);
    const first = this.#table.atWithout(this.#services.random(), tried, null);
    const second = first === null ? null : this.#table.atWithout(this.#services.random(), tried, first);
    if (first === null || second === null) return first;
    return second.slot.inFlight / second.weight < first.slot.inFlight / first.weight ? second : first;
  }

  #learn(candidates: readonly C[]): void {
    this.#candidates = candidates;
    this.#table = new WeightTable(candidates);
  }
}
