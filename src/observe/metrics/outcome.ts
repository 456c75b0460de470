const AUTHENTICATION = ['passed', 'missing', 'invalid', 'expired', 'forbidden', 'refused', 'unavailable'] as const;

/** What policies decide about requests, as metrics and traces tell it. A fixed list, so that the number of series is bounded. */
export const OUTCOMES = {
  rateLimit: ['allowed', 'delayed', 'limited', 'dry_run', 'exempt', 'store_failed', 'unavailable'],
  compression: ['zstd', 'br', 'gzip', 'small', 'type', 'encoded', 'not_accepted', 'cookie', 'no_seat'],
  jwt: AUTHENTICATION,
  apiKey: AUTHENTICATION,
  basic: AUTHENTICATION,
  forwardAuth: AUTHENTICATION,
  anyOf: AUTHENTICATION,
  ip: ['refused'],
  cors: ['preflight', 'preflight_refused', 'refused'],
  maxBody: ['refused'],
  maxInFlight: ['refused'],
  roles: ['refused'],
  errorPages: ['page', 'intercepted'],
} as const;

export type OutcomeKind = keyof typeof OUTCOMES;
type Outcome<K extends OutcomeKind = OutcomeKind> = (typeof OUTCOMES)[K][number];
/** A way to find out who the client is, or all that `anyOf` lists. */
export type AuthenticationKind = 'jwt' | 'apiKey' | 'basic' | 'forwardAuth' | 'anyOf';

/** Id of the metric that counts a kind. Where it counts several, the kind is one of its labels. */
export const METRIC_OF = {
  rateLimit: 'rateLimit', compression: 'compression',
  jwt: 'authentications', apiKey: 'authentications', basic: 'authentications', forwardAuth: 'authentications', anyOf: 'authentications',
  ip: 'policies', cors: 'policies', maxBody: 'policies', maxInFlight: 'policies', roles: 'policies', errorPages: 'policies',
} as const satisfies Readonly<Record<OutcomeKind, string>>;

/** One thing that a policy can say of a request. */
export interface Decision {
  /** Of its own, so that counting is a look into a list. */
  readonly index: number;
  readonly kind: OutcomeKind;
  readonly outcome: Outcome;
}

const ALL: readonly Decision[] = Object.entries<readonly Outcome[]>(OUTCOMES)
  .flatMap(([kind, outcomes]) => outcomes.map((outcome) => [kind, outcome] as const))
  .flatMap(([name, outcome], index) => (isKind(name) ? [{ index, kind: name, outcome }] : []));

/** For policies to look up when they are loaded, not when they decide. */
export function decision<K extends OutcomeKind>(kind: K, outcome: Outcome<K>): Decision {
  const found = ALL.find((one) => one.kind === kind && one.outcome === outcome);
  if (found === undefined) throw new Error(`there is no outcome ${outcome} of ${kind}`);
  return found;
}

function isKind(name: string): name is OutcomeKind {
  return Object.hasOwn(OUTCOMES, name);
}
