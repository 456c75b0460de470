/** What policies decide about requests, as the metrics count it. A fixed list, so that the number of series is bounded. */
export const OUTCOMES = {
  /** `delayed`: let through after it had waited. `unavailable`: the store could not be asked. */
  rateLimit: ['allowed', 'delayed', 'limited', 'unavailable'],
  cache: ['hit', 'miss', 'stale', 'revalidated', 'bypass'],
  /** Coding the answer was given, or why none: `small`, `type`, `refused` by the client, `encoded` already. */
  compression: ['gzip', 'br', 'zstd', 'deflate', 'small', 'type', 'refused', 'encoded'],
} as const;

export type OutcomeKind = keyof typeof OUTCOMES;
export type Outcome<K extends OutcomeKind = OutcomeKind> = (typeof OUTCOMES)[K][number];

/** Lent to policies: one call for each decision. Cheap, never throws. */
export interface OutcomeCounter {
  /** @param route id of the route the policy was made for. */
  count<K extends OutcomeKind>(kind: K, route: string, outcome: Outcome<K>): void;
}
