import type { HashKey } from '../config/upstream-config.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { hash32 } from '../lib/hash32.ts';
import type { Balancer, EligibleList, PickQuestion } from './balancer.ts';
import type { Candidate } from './member.ts';
import { ProbeRing } from './probe-ring.ts';
import { cookieValue, headerValue, queryValue } from './request-fields.ts';

/**
 * The same key goes to the same member. Where one is added or removed, or away for a while, only its own
 * keys move, and to all others by weight; they come back when it does, because nothing but who is there
 * decides. A request without the key (or an empty one) goes by turns.
 */
export class ConsistentHash<C extends Candidate> implements Balancer<C> {
  readonly #keyOf: (exchange: Exchange) => string;
  readonly #keyless: Balancer<C>;
  #candidates: readonly C[] = [];
  #ring = new ProbeRing<C>([]);

  constructor(key: HashKey, keyless: Balancer<C>) {
    this.#keyOf = hashKeyOf(key);
    this.#keyless = keyless;
  }

  pick(list: EligibleList<C>, question: PickQuestion<C>): C | null {
    const key = this.#keyOf(question.exchange);
    if (key === '') return this.#keyless.pick(list, question);
    if (list.candidates !== this.#candidates) {
      this.#candidates = list.candidates;
      this.#ring = new ProbeRing(list.candidates);
    }
    return this.#ring.find(hash32(key), question.tried);
  }
}

/** What a request is hashed by; '' where it has no such value. */
export function hashKeyOf({ of, name }: HashKey): (exchange: Exchange) => string {
  const field = name ?? '';
  switch (of) {
    case 'address': return ({ clientAddress }) => clientAddress;
    case 'path': return ({ path }) => path;
    case 'header': return ({ head }) => headerValue(head.rawHeaders, field);
    case 'cookie': return ({ head }) => cookieValue(head.rawHeaders, field);
    case 'query': return ({ query }) => queryValue(query, field);
  }
}
