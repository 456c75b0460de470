import { spreadPoint } from '../lib/spread-point.ts';
import type { Balancer, BalancerServices, EligibleList, PickQuestion } from './balancer.ts';
import type { Candidate } from './member.ts';

/**
 * Whoever has the fewest requests in flight for its weight, counted over all workers; equals get their
 * turns by weight. A pick looks at every candidate, because any thread may have changed any count since
 * the last one: a thousand of them take microseconds. Above a few hundred, random-two is nearly as even.
 */
export class LeastConn<C extends Candidate> implements Balancer<C> {
  readonly #services: BalancerServices;
  /** Those with the least so far; used again for every pick. */
  readonly #equals: C[] = [];

  constructor(services: BalancerServices) {
    this.#services = services;
  }

  pick({ candidates }: EligibleList<C>, { tried }: PickQuestion<C>): C | null {
    const equals = this.#equals;
    let count = 0;
    let weight = 0;
    let least = Infinity;
    for (let i = 0; i < candidates.length; i += 1) {
      const candidate = candidates[i]!;
      const load = candidate.slot.inFlight / candidate.weight;
      if (load > least || (tried.length > 0 && tried.includes(candidate))) continue;
      if (load < least) {
        least = load;
        count = 0;
        weight = 0;
      }
      equals[count] = candidate;
      count += 1;
      weight += candidate.weight;
    }
    // With nothing to do all are equal, and the weights must count all the same.
    if (count > 1) return this.#inTurn(weight);
    return count === 1 ? equals[0]! : null;
  }

  #inTurn(weight: number): C {
    let left = Math.floor(spreadPoint(this.#services.nextTurn()) * weight);
    let i = 0;
    for (; left >= this.#equals[i]!.weight; i += 1) left -= this.#equals[i]!.weight;
    return this.#equals[i]!;
  }
}
