import type { HashKey } from '../config/upstream-config.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { hash32, mix32 } from '../lib/hash32.ts';
import type { Balancer, EligibleList, PickQuestion } from './balancer.ts';
import { FirstComeTable } from './first-come-table.ts';
import type { Candidate } from './member.ts';
import { cookieValue, headerValue, queryValue } from './request-fields.ts';

/** Places looked up for one key before members are asked one by one: enough until nine in ten are away. */
const LOOKUPS_MAX = 32;

/**
 * The same key goes to the same member. Where one is added or removed, or away for a while, only its own
 * keys move, and to all others by weight: a key has an endless row of places in one table, and goes to
 * the first whose owner can be chosen. A request without the key (or an empty one) goes by turns.
 */
export class ConsistentHash<C extends Candidate> implements Balancer<C> {
  readonly #keyOf: (exchange: Exchange) => string;
  readonly #keyless: Balancer<C>;
  #all: readonly C[] = [];
  #table = new FirstComeTable<C>([]);
  #candidates: readonly C[] = [];
  #present: ReadonlySet<C> = new Set();

  constructor(key: HashKey, keyless: Balancer<C>) {
    this.#keyOf = keyReader(key);
    this.#keyless = keyless;
  }

  pick(list: EligibleList<C>, question: PickQuestion<C>): C | null {
    const key = this.#keyOf(question.exchange);
    if (key === '') return this.#keyless.pick(list, question);
    if (list.all !== this.#all) {
      this.#all = list.all;
      this.#table = new FirstComeTable(list.all);
    }
    if (list.candidates !== this.#candidates) {
      this.#candidates = list.candidates;
      this.#present = new Set(list.candidates);
    }
    return this.#candidates.length === 0 ? null : this.#find(hash32(key), question.tried);
  }

  #find(hash: number, tried: readonly C[]): C | null {
    let place = hash;
    for (let i = 0; i < LOOKUPS_MAX; i += 1) {
      const owner = this.#table.owner(place);
      if (this.#present.has(owner) && !tried.includes(owner)) return owner;
      place = mix32(place + 1);
    }
    return nearest(this.#candidates, hash, tried);
  }
}

/** Weighted rendezvous hashing (Schindelhauer and Schomaker, 2005): as steady as the table, at the cost of a look at everybody. */
function nearest<C extends Candidate>(candidates: readonly C[], hash: number, tried: readonly C[]): C | null {
  let best: C | null = null;
  let shortest = Infinity;
  for (const candidate of candidates) {
    const point = (hash32(candidate.key, hash) + 0.5) / 2 ** 32;
    const distance = -Math.log(point) / candidate.weight;
    if (distance >= shortest || tried.includes(candidate)) continue;
    best = candidate;
    shortest = distance;
  }
  return best;
}

function keyReader({ of, name }: HashKey): (exchange: Exchange) => string {
  const field = name ?? '';
  switch (of) {
    case 'address': return ({ clientAddress }) => clientAddress;
    case 'path': return ({ path }) => path;
    case 'header': return ({ head }) => headerValue(head.rawHeaders, field);
    case 'cookie': return ({ head }) => cookieValue(head.rawHeaders, field);
    case 'query': return ({ query }) => queryValue(query, field);
  }
}
