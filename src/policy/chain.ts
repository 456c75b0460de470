import type { PolicyName, PolicySettings } from '../config/policies/policy-kinds.ts';
import type { ErrorPages } from '../exchange/error-pages.ts';
import type { AnswerShaper } from '../exchange/exchange.ts';
import type { AuthenticationKind } from '../observe/metrics/outcome.ts';
import type { RouteOutcomes } from '../observe/metrics/route-outcomes.ts';
import { authentication, counted } from './authentication.ts';
import { POLICY_ORDER } from './order.ts';
import type { AnyPolicy, Authenticator, Phases, PolicyRoute, PolicyServices, RequestPhase } from './policy.ts';

/** The policies of one route, put together once. */
export interface Chain {
  /** One after the other, until one refuses or answers. */
  readonly requestPhases: readonly RequestPhase[];
  readonly shaper: AnswerShaper | null;
  readonly errorPages: ErrorPages | null;
  readonly withholds: readonly string[];
  readonly identityHeaders: readonly string[];
  readonly secretParameters: readonly string[];
  readonly outcomes: RouteOutcomes;
}

/** Makes one policy of a route. */
export type PolicyMaker = (definition: AnyPolicy, config: object, route: PolicyRoute, services: PolicyServices) => Phases | Promise<Phases>;

export interface ChainServices extends PolicyServices {
  /** For those who look at policies while they work; default: they are made as they are. */
  readonly makePolicy?: PolicyMaker;
}

/** What policies are at work on one route, by name and in their order. */
type Parts = readonly (readonly [name: PolicyName, phases: Phases])[];

/** Makes the chains of one generation, and closes what they hold at its end. */
export class ChainBuilder {
  readonly #services: ChainServices;
  /** Of policies that routes may share: what was made of these settings before. */
  readonly #shared = new Map<object, Promise<Phases>>();
  readonly #made: Phases[] = [];

  constructor(services: ChainServices) {
    this.#services = services;
  }

  /** @throws Error where a policy cannot be built; what was built before is closed by {@link close}. */
  async chainOf(route: PolicyRoute): Promise<Chain> {
    const parts = await Promise.all(POLICY_ORDER.flatMap((item) => {
      const definition: AnyPolicy = item;
      const config = route.settings[definition.name];
      return config === null ? [] : [this.#phasesOf(definition, config, route).then((phases) => [definition.name, phases] as const)];
    }));
    return joined(parts, route.settings, this.#services.outcomes.outcomesOf(route.id));
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#made.map(async (phases) => phases.close?.()));
  }

  async #phasesOf(definition: AnyPolicy, config: object, route: PolicyRoute): Promise<Phases> {
    const known = definition.isShared ? this.#shared.get(config) : undefined;
    if (known !== undefined) return known;
    const made = this.#make(definition, config, route);
    if (definition.isShared) this.#shared.set(config, made);
    return made;
  }

  async #make(definition: AnyPolicy, config: object, route: PolicyRoute): Promise<Phases> {
    const { makePolicy } = this.#services;
    const phases = await (makePolicy?.(definition, config, route, this.#services) ?? definition.create(config, route, this.#services));
    this.#made.push(phases);
    return phases;
  }
}

function joined(parts: Parts, settings: PolicySettings, outcomes: RouteOutcomes): Chain {
  const all = parts.map(([, phases]) => phases);
  const shapers = all.flatMap(({ onAnswer }) => onAnswer ?? []).toReversed();
  return {
    outcomes,
    requestPhases: [
      ...all.flatMap(({ onRequest }) => onRequest ?? []),
      ...authenticationOf(parts, settings),
      ...all.flatMap(({ onAdmitted }) => onAdmitted ?? []),
    ],
    shaper: inTurn(shapers),
    errorPages: all.find(({ errorPages }) => errorPages !== undefined)?.errorPages ?? null,
    withholds: all.flatMap(({ withholds }) => withholds ?? []),
    identityHeaders: all.flatMap(({ identityHeaders }) => identityHeaders ?? []),
    secretParameters: all.flatMap(({ secretParameters }) => secretParameters ?? []),
  };
}

function authenticationOf(parts: Parts, { anyOf }: PolicySettings): RequestPhase[] {
  const required: Authenticator[] = [];
  const alternatives: Authenticator[] = [];
  for (const [name, { authenticator }] of parts) {
    if (authenticator === undefined) continue;
    const isAlternative = (anyOf?.ways as readonly string[] | undefined)?.includes(name) === true;
    (isAlternative ? alternatives : required).push(counted(wayOf(name), authenticator));
  }
  return required.length + alternatives.length === 0 ? [] : [authentication(required, alternatives)];
}

function wayOf(name: PolicyName): AuthenticationKind {
  switch (name) {
    case 'jwt': case 'apiKey': case 'basic': case 'forwardAuth': return name;
    default: throw new Error(`${name} is no way to authenticate`);
  }
}

function inTurn(shapers: readonly AnswerShaper[]): AnswerShaper | null {
  const [first, second, ...rest] = shapers;
  if (first === undefined) return null;
  if (second === undefined) return first;
  if (rest.length === 0) {
    return (exchange, head) => {
      first(exchange, head);
      second(exchange, head);
    };
  }
  return (exchange, head) => {
    for (const shape of shapers) shape(exchange, head);
  };
}
