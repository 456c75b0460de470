import type { Balancer, BalancerServices, EligibleList } from '../../src/balance/balancer.ts';
import { createBalancer } from '../../src/balance/create-balancer.ts';
import type { Candidate } from '../../src/balance/member.ts';
import type { BalanceConfig } from '../../src/config/upstream-config.ts';
import { createSlotMemory, Slots } from '../../src/lib/slots.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';

export const SECRET = Buffer.from('a secret of sixteen or more');

/** Members of these weights, with slots of their own: `10.0.0.1:8000`, `10.0.0.2:8000` … */
export function someCandidates(weights: readonly number[]): Candidate[] {
  const slots = new Slots(createSlotMemory(1, 0), 1);
  return weights.map((weight, i) => ({ key: `10.0.${i >> 8}.${(i & 255) + 1}:8000`, weight, slot: slots.slot(i) }));
}

export function equalCandidates(count: number): Candidate[] {
  return someCandidates(Array.from({ length: count }, () => 1));
}

/** A list of which all members, or only some, can be chosen. */
export function listOf(all: readonly Candidate[], candidates: readonly Candidate[] = all): EligibleList<Candidate> {
  return { candidates, all };
}

/** One that cannot be missing. */
export function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index];
  if (item === undefined) throw new Error(`no item ${index} of ${items.length}`);
  return item;
}

export interface Balancing {
  readonly balancer: Balancer<Candidate>;
  readonly random: SeededRandom;
  readonly exchange: Exchange;
  /** A request of another client each time. */
  readonly pick: (list: EligibleList<Candidate>, tried?: readonly Candidate[]) => Candidate | null;
  /** How often each one of `of` is chosen in so many picks; the last number is of nobody and of strangers. */
  readonly count: (picks: number, list: EligibleList<Candidate>, of: readonly Candidate[], tried?: readonly Candidate[]) => number[];
}

/** A balancer with chance and turns in hand. */
export function startBalancer(config: BalanceConfig, firstTurn = 0, seed = 42): Balancing {
  const random = new SeededRandom(seed);
  let turn = firstTurn;
  const services: BalancerServices = {
    random: () => random.integer(2 ** 32) / 2 ** 32,
    nextTurn: () => {
      turn += 1;
      return turn | 0;
    },
  };
  const balancer = createBalancer<Candidate>(config, services, SECRET);
  const { exchange } = sampleExchange();
  const pick: Balancing['pick'] = (list, tried = []) => {
    exchange.clientAddress = `198.51.${random.integer(256)}.${random.integer(1 << 24)}`;
    return balancer.pick(list, { exchange, tried });
  };
  const count: Balancing['count'] = (picks, list, of, tried = []) => {
    const positions = new Map<Candidate | null, number>(of.map((candidate, i) => [candidate, i]));
    const counts = Array.from({ length: of.length + 1 }, () => 0);
    for (let i = 0; i < picks; i += 1) counts[positions.get(pick(list, tried)) ?? of.length]! += 1;
    return counts;
  };
  return { balancer, random, exchange, pick, count };
}
