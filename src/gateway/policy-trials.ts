import type { JwtConfig } from '../config/jwt-config.ts';
import type { PolicyName } from '../config/policies/policy-kinds.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Identity } from '../exchange/identity.ts';
import type { PolicyMaker } from '../policy/chain.ts';
import { POLICY_ORDER } from '../policy/order.ts';
import type { AnyPolicy, Authenticator, Phases, PolicyRoute, PolicyServices, RequestPhase } from '../policy/policy.ts';

/**
 * What a policy has done with the one request: let it pass, refused it, answered it; `assumed`: whether it passes depends on
 * what cannot be known here, and it was let through to see what comes behind; `answers`: it looks at answers alone.
 */
export type TrialOutcome = 'passed' | 'refused' | 'answered' | 'assumed' | 'answers' | 'not reached';

/** Nobody has proven to be anybody, and it is as if somebody had. */
const UNKNOWN: Identity = { kind: 'jwt', name: '', roles: [], claims: {} };

/** Makes the policies of a generation so that it can be seen what each does with one request, and none of them asks the network. */
export class PolicyTrials {
  readonly #outcomes = new Map<string, TrialOutcome>();
  /** Made without a part in what happens to requests. */
  readonly #answering = new Set<string>();

  readonly make: PolicyMaker = async (definition, config, route, services) => this.#watched(definition, config, route, services);

  outcomeOf(name: PolicyName): TrialOutcome {
    return this.#outcomes.get(name) ?? (this.#answering.has(name) ? 'answers' : 'not reached');
  }

  async #watched(definition: AnyPolicy, config: object, route: PolicyRoute, services: PolicyServices): Promise<Phases> {
    const { name } = definition;
    const isFetching = isJwt(name, config) && config.jwks !== null;
    const phases = await definition.create(isFetching ? { ...config, jwks: null } : config, route, services);
    const { onRequest, onAdmitted, authenticator } = phases;
    if (onRequest === undefined && onAdmitted === undefined && authenticator === undefined) {
      this.#answering.add(name);
      return phases;
    }
    const cannotAsk = isFetching || name === 'forwardAuth';
    return {
      ...phases,
      ...(onRequest !== undefined && { onRequest: this.#phase(name, onRequest) }),
      ...(onAdmitted !== undefined && { onAdmitted: this.#late(name, onAdmitted) }),
      ...(authenticator !== undefined && { authenticator: this.#proof(name, authenticator, cannotAsk, route) }),
    };
  }

  #phase(name: PolicyName, phase: RequestPhase): RequestPhase {
    return (exchange) => {
      this.#outcomes.set(name, 'refused');
      const passed = (): void => void this.#outcomes.set(name, exchange.sink.headSent ? 'answered' : 'passed');
      const waiting = phase(exchange);
      if (waiting !== undefined) return waiting.then(passed);
      return passed();
    };
  }

  /** What needs to know who the client is has nothing to go by where that was assumed. */
  #late(name: PolicyName, phase: RequestPhase): RequestPhase {
    const tried = this.#phase(name, phase);
    return (exchange) => {
      if (exchange.identity !== null && exchange.identity.name === '' && this.#isAssumed) {
        this.#outcomes.set(name, 'assumed');
        return undefined;
      }
      return tried(exchange);
    };
  }

  get #isAssumed(): boolean {
    return [...this.#outcomes.values()].includes('assumed');
  }

  /** Credentials that are shown are checked. Without any, the last way that is asked assumes that there were some. */
  #proof(name: PolicyName, way: Authenticator, cannotAsk: boolean, route: PolicyRoute): Authenticator {
    const others = alternativesTo(name, route);
    const assume = (): Identity | null => {
      if (others.before.some((other) => this.outcomeOf(other) === 'refused') || !others.isLast) {
        this.#outcomes.set(name, 'not reached');
        return null;
      }
      this.#outcomes.set(name, 'assumed');
      return UNKNOWN;
    };
    return {
      challenge: way.challenge,
      authenticate: async (exchange: Exchange) => {
        if (name === 'forwardAuth') return assume();
        this.#outcomes.set(name, 'refused');
        const found = await Promise.resolve().then(async () => way.authenticate(exchange)).catch((error: unknown) => {
          if (!cannotAsk) throw error;
          return null;
        });
        if (found === null) return assume();
        this.#outcomes.set(name, 'passed');
        return found;
      },
    };
  }
}

/** Ways of which one is enough, asked in the order of policies. */
function alternativesTo(name: PolicyName, { settings }: PolicyRoute): { readonly before: readonly PolicyName[]; readonly isLast: boolean } {
  const ways: readonly string[] = settings.anyOf?.ways ?? [];
  if (!ways.includes(name)) return { before: [], isLast: true };
  const asked = POLICY_ORDER.map((definition): PolicyName => definition.name).filter((other) => ways.includes(other));
  const at = asked.indexOf(name);
  return { before: asked.slice(0, at), isLast: at === asked.length - 1 };
}

function isJwt(name: PolicyName, config: object): config is JwtConfig {
  return name === 'jwt' && 'jwks' in config;
}
