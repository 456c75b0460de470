import { spreadPoint } from '../lib/spread-point.ts';
import type { Balancer, BalancerServices, EligibleList, PickQuestion } from './balancer.ts';
import { LoadOrder } from './load-order.ts';
import { LoadScan } from './load-scan.ts';
import type { Candidate } from './member.ts';

/** Up to so many a look at each is faster than keeping them in order, and spares whoever gives a place back the announcement. */
const SCAN_MAX = 100;

/**
 * Whoever has the fewest requests in flight for its weight, counted over all workers at this moment. With
 * nothing to do all are equal, and the weights must count all the same: equals get their turns by weight.
 */
export class LeastConn<C extends Candidate> implements Balancer<C> {
  readonly #turn: () => number;
  #candidates: readonly C[] = [];
  #loads: LoadScan<C> | LoadOrder<C>;

  constructor(services: BalancerServices) {
    this.#turn = () => spreadPoint(services.nextTurn());
    this.#loads = new LoadScan([], this.#turn);
  }

  pick({ candidates }: EligibleList<C>, { tried }: PickQuestion<C>): C | null {
    if (candidates !== this.#candidates) this.#learn(candidates);
    return this.#loads.least(tried);
  }

  #learn(candidates: readonly C[]): void {
    this.#candidates = candidates;
    this.#loads = candidates.length <= SCAN_MAX ? new LoadScan(candidates, this.#turn) : new LoadOrder(candidates, this.#turn);
  }
}
