import type { Exchange } from '../exchange/exchange.ts';
import type { Candidate } from './member.ts';

/** Who can be chosen at the moment. Never changed once made, nor are its arrays; another one comes in its place. */
export interface EligibleList<C extends Candidate> {
  readonly candidates: readonly C[];
  /** Every member of the upstream, available or not, for balancers by which a client may stay at one that others are not sent to. */
  readonly all: readonly C[];
}

export interface PickQuestion<C extends Candidate> {
  readonly exchange: Exchange;
  /** Not to be chosen again for this request; short. */
  readonly tried: readonly C[];
}

/** Chooses a member for a request. One conformance suite holds for all of them. */
export interface Balancer<C extends Candidate> {
  /** @returns null where every candidate was tried. */
  pick(list: EligibleList<C>, question: PickQuestion<C>): C | null;
  /** Whether the request belongs to this member (its sticky cookie says so), be the member cold or not. */
  isBound?(chosen: C, question: PickQuestion<C>): boolean;
  /** Response headers to add because `chosen` answers (a sticky cookie); null: none. */
  headersFor?(chosen: C, question: PickQuestion<C>): readonly string[] | null;
}

export interface BalancerServices {
  /** 0 ≤ x < 1. */
  random(): number;
  /** Takes the next number of a counter that all workers share; 32 bits of it count, with or without sign. */
  nextTurn(): number;
}
