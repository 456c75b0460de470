import type { ConfigValue } from './config-values.ts';

/** A value of two configurations; null: that one has it not. */
export interface ValuePair<B, A> {
  readonly path: string;
  readonly before: B | null;
  readonly after: A | null;
}

/** What two configurations say differently: in the order of the second one, then what is gone. */
export function differingPairs<B extends ConfigValue, A extends ConfigValue>(before: Iterable<B>, after: Iterable<A>, isSame: (before: B, after: A) => boolean): ValuePair<B, A>[] {
  const old = new Map(Array.from(before, (value) => [value.path, value]));
  const pairs: ValuePair<B, A>[] = [];
  for (const value of after) {
    const was = old.get(value.path) ?? null;
    old.delete(value.path);
    if (was === null || !isSame(was, value)) pairs.push({ path: value.path, before: was, after: value });
  }
  for (const value of old.values()) pairs.push({ path: value.path, before: value, after: null });
  return pairs;
}
