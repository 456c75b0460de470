import type { PolicyName, PolicySettings } from '../config/policies/policy-kinds.ts';
import type { ErrorPages } from '../exchange/error-pages.ts';
import type { AnswerShaper, Exchange } from '../exchange/exchange.ts';
import type { Identity } from '../exchange/identity.ts';
import type { Clock } from '../lib/clock.ts';
import type { Deadlines } from '../lib/deadlines.ts';
import type { Kept } from '../lib/kept.ts';
import type { KeyCounts } from '../lib/key-counts.ts';
import type { Logger } from '../observe/logger.ts';
import type { LimitStore } from './rate-limit/limit-store.ts';
import type { RouteOutcomes } from '../observe/metrics/route-outcomes.ts';

/** What policies are lent; it outlives them. */
export interface PolicyServices {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly logger: Logger;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** Where decisions on the requests of a route are counted; policies tell them by `decided`. */
  readonly outcomes: { outcomesOf(route: string): RouteOutcomes };
  /** What the policies of one generation hand on to those of the next, and share with those of other routes. */
  readonly kept: Kept;
  /** Where requests are counted, for all workers of this process. Not to be closed. */
  readonly limits: LimitStore;
  /** Who has how many requests in work, over all workers of this process. */
  readonly inFlight: KeyCounts;
}

/** The route that a policy is made for. */
export interface PolicyRoute {
  readonly id: string;
  /** Everything that counts on it, of which each is null where it is off. */
  readonly settings: PolicySettings;
}

/**
 * Lets a request pass by returning. Refuses by throwing a GatewayError, or answers by itself; then nothing after it is asked.
 * What has to wait returns a promise, and must bear that the client has gone when it goes on.
 */
export type RequestPhase = (exchange: Exchange) => void | Promise<void>;

/** One way in which clients prove who they are. */
export interface Authenticator {
  /** Header value for a client that has shown nothing (RFC 9110 §11.6.1); '' where there is none to give. */
  readonly challenge: string;
  /**
   * @returns null: the request has no credentials of this kind.
   * @throws GatewayError unauthorized where they are not valid, insufficient_permissions, auth_unavailable
   */
  authenticate(exchange: Exchange): Identity | null | Promise<Identity | null>;
}

/** The parts of a request's path at which a policy has something to do; only those it needs. */
export interface Phases {
  /** Before it is known who the client is. */
  readonly onRequest?: RequestPhase;
  readonly authenticator?: Authenticator;
  /** When it is known who the client is: `exchange.identity`. */
  readonly onAdmitted?: RequestPhase;
  /** Before the head of any answer is written: forwarded ones, errors, redirects, fixed ones, and the 101 of an upgrade. */
  readonly onAnswer?: AnswerShaper;
  readonly errorPages?: ErrorPages;
  /** Request headers that the upstream does not get from clients of this route. */
  readonly withholds?: readonly string[];
  /** Headers that say who the client is: no client of any route may send them, recognised or not. */
  readonly identityHeaders?: readonly string[];
  /** Query parameters that hold secrets: taken out of the request before anything is written down (`exchange.secretQuery`). */
  readonly secretParameters?: readonly string[];
  close?(): void | Promise<void>;
}

/** One capability. Everything that can be worked out before the first request is worked out in `create`. */
export interface Policy<N extends PolicyName> {
  readonly name: N;
  /** Whether routes with the same settings may share what `create` returns. */
  readonly isShared: boolean;
  /** @throws Error where it cannot be built; the message says what. */
  create(config: NonNullable<PolicySettings[N]>, route: PolicyRoute, services: PolicyServices): Phases | Promise<Phases>;
}

/** A policy of which only that is known: what it is given must be what it has resolved itself. */
export interface AnyPolicy {
  readonly name: PolicyName;
  readonly isShared: boolean;
  create(config: object, route: PolicyRoute, services: PolicyServices): Phases | Promise<Phases>;
}

/** A policy, with its types inferred. */
export function policy<N extends PolicyName>(definition: Policy<N>): Policy<N> {
  return definition;
}
