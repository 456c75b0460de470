import { type ConfigSide, pathInRoute, routeIdOf } from './config-side.ts';

/** Routes of two configurations that are the same one, by their ids in the new one. */
export type RoutePairs = ReadonlyMap<string, string>;

/**
 * Which route was which. Ids of routes without a name follow their place in the file where host and path are the same, so one
 * that says exactly what another said is that one, whatever it is called now; else the id counts.
 */
export function pairRoutes(before: ConfigSide, after: ConfigSide): RoutePairs {
  const [old, now] = [contentsOf(before), contentsOf(after)];
  const byContent = uniqueKeys(old);
  const pairs = new Map<string, string>();
  const taken = new Set<string>();
  const pair = (id: string, was: string): void => {
    if (pairs.has(id) || taken.has(was)) return;
    pairs.set(id, was);
    taken.add(was);
  };
  for (const [id, content] of now) if (old.get(id) === content) pair(id, id);
  const unique = uniqueKeys(now);
  for (const [id, content] of now) {
    const was = byContent.get(content);
    if (was !== undefined && unique.get(content) === id) pair(id, was);
  }
  for (const id of now.keys()) if (old.has(id)) pair(id, id);
  return pairs;
}

/** What each route says, as one text, by its id. */
function contentsOf({ values, routeIds }: ConfigSide): Map<string, string> {
  const lines = new Map<string, string[]>(routeIds.map((id) => [id, []]));
  for (const { path, value } of values) {
    const id = routeIdOf(path);
    const rest = id === null ? '' : pathInRoute(path);
    if (id !== null && rest !== 'name') lines.get(id)?.push(`${rest}=${JSON.stringify(value)}`);
  }
  return new Map(Array.from(lines, ([id, said]) => [id, said.toSorted().join('\n')]));
}

/** Ids by content, without contents that several have. */
function uniqueKeys(contents: ReadonlyMap<string, string>): Map<string, string> {
  const ids = Map.groupBy(contents, ([, content]) => content);
  return new Map(Array.from(ids, ([content, all]) => [content, all] as const).flatMap(([content, all]) => (all.length === 1 ? [[content, all[0]?.[0] ?? ''] as const] : [])));
}
