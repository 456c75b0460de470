import { spreadPoint } from '../lib/spread-point.ts';
import type { Balancer, BalancerServices, EligibleList, PickQuestion } from './balancer.ts';
import type { Candidate } from './member.ts';
import { smoothSchedule } from './smooth-schedule.ts';
import { WeightTable } from './weight-table.ts';

/**
 * Each in turn, over all workers, by weight and without bursts. Where the cycle would be too long to
 * write down, turns are spread evenly over the weights instead of following nginx's order.
 */
export class RoundRobin<C extends Candidate> implements Balancer<C> {
  readonly #services: BalancerServices;
  #candidates: readonly C[] = [];
  #schedule: Uint16Array | null = null;
  #table = new WeightTable<C>([]);

  constructor(services: BalancerServices) {
    this.#services = services;
  }

  pick(list: EligibleList<C>, { tried }: PickQuestion<C>): C | null {
    if (list.candidates !== this.#candidates) this.#learn(list.candidates);
    if (this.#candidates.length === 0) return null;
    // A second choice is by lot and takes no turn: of two members, one of which fails, every turn of a retry
    // would be the good one's, and so every first turn the failing one's.
    if (tried.length > 0) return this.#table.atWithout(this.#services.random(), tried, null);
    const turn = this.#services.nextTurn() >>> 0;
    const schedule = this.#schedule;
    return schedule === null ? this.#table.at(spreadPoint(turn)) : this.#candidates[schedule[turn % schedule.length]!]!;
  }

  #learn(candidates: readonly C[]): void {
    this.#candidates = candidates;
    this.#schedule = smoothSchedule(candidates.map(({ weight }) => weight));
    this.#table = new WeightTable(candidates);
  }
}
