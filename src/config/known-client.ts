import type { RequestKey } from './request-key.ts';

const WAYS: readonly string[] = ['jwt', 'apiKey', 'basic', 'forwardAuth'];

/**
 * The policies of which one must be on a route for it to have what its requests are counted by.
 * @param others what the route says of each policy, null where it is off.
 * @returns none where nothing is missing.
 */
export function missingWays({ of }: RequestKey, others: Readonly<Record<string, object | null>>): readonly string[] {
  const ways = of === 'user' ? WAYS : WAYS.filter((way) => way === of);
  return ways.some((way) => (others[way] ?? null) !== null) ? [] : ways;
}
