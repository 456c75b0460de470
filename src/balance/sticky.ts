import { createHmac } from 'node:crypto';
import { Mode, SlotField } from '../lib/slots.ts';
import { isAvailable } from './availability.ts';
import type { Balancer, EligibleList, PickQuestion } from './balancer.ts';
import type { Candidate } from './member.ts';
import { cookieValue } from './request-fields.ts';

const TAG_BYTES = 16;

interface StickyOptions {
  readonly cookie: string;
  /** How long browsers keep the cookie, in milliseconds. 0: until they are closed. */
  readonly ttlMs: number;
  readonly secret: Buffer;
}

/**
 * A client stays at the member that first served it, by a cookie with a tag of the member: an HMAC of its
 * key, which tells no address and cannot be made up. Another balancer chooses for whoever has none.
 * A member that drains, or is a backup, still serves its own clients, as with HAProxy.
 */
export class Sticky<C extends Candidate> implements Balancer<C> {
  readonly #cookie: string;
  readonly #secret: Buffer;
  readonly #attributes: string;
  readonly #over: Balancer<C>;
  readonly #tags = new WeakMap<C, string>();
  #all: readonly C[] = [];
  #byTag: ReadonlyMap<string, C> = new Map();
  #candidates: readonly C[] = [];
  #present: ReadonlySet<C> = new Set();

  constructor({ cookie, ttlMs, secret }: StickyOptions, over: Balancer<C>) {
    const maxAge = ttlMs > 0 ? `; Max-Age=${Math.ceil(ttlMs / 1000)}` : '';
    this.#cookie = cookie;
    this.#secret = secret;
    this.#attributes = `; Path=/; HttpOnly; SameSite=Lax${maxAge}`;
    this.#over = over;
  }

  pick(list: EligibleList<C>, question: PickQuestion<C>): C | null {
    this.#learn(list);
    const value = cookieValue(question.exchange.head.rawHeaders, this.#cookie);
    // A look-up by hash: how long it takes says nothing of how much of a guess was right.
    const own = value === '' ? undefined : this.#byTag.get(value);
    if (own !== undefined && !question.tried.includes(own) && this.#serves(own)) return own;
    return this.#over.pick(list, question);
  }

  isBound(chosen: C, { exchange }: PickQuestion<C>): boolean {
    return cookieValue(exchange.head.rawHeaders, this.#cookie) === this.#tagOf(chosen);
  }

  headersFor(chosen: C, question: PickQuestion<C>): readonly string[] | null {
    if (this.isBound(chosen, question)) return null;
    const secure = question.exchange.scheme === 'https' ? '; Secure' : '';
    return ['Set-Cookie', `${this.#cookie}=${this.#tagOf(chosen)}${this.#attributes}${secure}`];
  }

  /** Its own clients are served unless it is down or known to be unwell; where the list ignores health, so is theirs. */
  #serves(member: C): boolean {
    return this.#present.has(member) || (member.slot.load(SlotField.Mode) !== Mode.Down && isAvailable(member));
  }

  #learn({ all, candidates }: EligibleList<C>): void {
    if (candidates !== this.#candidates) {
      this.#candidates = candidates;
      this.#present = new Set(candidates);
    }
    if (all === this.#all) return;
    this.#all = all;
    this.#byTag = new Map(all.map((member) => [this.#tagOf(member), member]));
  }

  #tagOf(member: C): string {
    const known = this.#tags.get(member);
    if (known !== undefined) return known;
    const tag = createHmac('sha256', this.#secret).update(member.key).digest().subarray(0, TAG_BYTES).toString('base64url');
    this.#tags.set(member, tag);
    return tag;
  }
}
