import { differingPairs, type ValuePair } from '../admin/value-pairs.ts';
import { restartReasons } from '../workers/next-config.ts';
import { type ConfigSide, pathInRoute, routeIdOf, routePath, type SideValue } from './config-side.ts';
import { pairRoutes, type RoutePairs } from './route-pairs.ts';
import { isHiddenCondition, saidRoutes } from './said-routes.ts';
import { type Takeover, takeovers } from './route-takeovers.ts';

/** What a value was and is. Plain data; secrets are named or masked. */
export interface ValueChange {
  /** Below its route; else from the top of the file. */
  readonly path: string;
  readonly before: SideValue['value'];
  readonly after: SideValue['value'];
  /** Where it was said, and where it is; null: that one has it not. `default`: nobody says it. */
  readonly was: string | null;
  readonly from: string | null;
  /** It is not to be shown: what looks the same is another one. */
  readonly isSecret: boolean;
}

interface RouteChange {
  readonly id: string;
  /** What it was called before, where that was something else. */
  readonly formerId: string | null;
  readonly kind: 'added' | 'removed' | 'changed' | 'renamed';
  /** Where it says it, of one that was removed where it said so. */
  readonly from: string;
  readonly changes: readonly ValueChange[];
}

/** What another configuration would change. */
export interface ConfigDiff {
  readonly routes: readonly RouteChange[];
  /** All values beside those of routes. */
  readonly values: readonly ValueChange[];
  /** Routes stand in another order; it decides nothing but what `takeovers` says. */
  readonly isReordered: boolean;
  /** Null: of the configuration before, not enough is known. */
  readonly takeovers: readonly Takeover[] | null;
  /** What a reload would refuse. */
  readonly restart: readonly string[];
  /** Paths of secrets of which it is not known whether they are the same. */
  readonly unknown: readonly string[];
}

/** Says which of these values the other side has, too; null: it cannot tell. */
type AskSame = (values: readonly { readonly path: string; readonly read: unknown }[]) => Promise<ReadonlySet<string> | null>;

type Pair = ValuePair<SideValue, SideValue>;

/** @param askSame about values of `before` that may not be shown; not asked where both were read. */
export async function diffOf(before: ConfigSide, after: ConfigSide, askSame: AskSame): Promise<ConfigDiff> {
  const pairs = pairRoutes(before, after);
  const renamed = after.values.map((value): SideValue => ({ ...value, path: formerPath(value.path, pairs) }));
  const hidden = hiddenAlike(before.values, renamed);
  const isHidden = new Set(hidden.map(({ path }) => path));
  const asked = before.routes === null ? [...hidden, ...guessedConditions(before, after, isHidden)] : hidden;
  const same = asked.length === 0 ? new Set<string>() : await askSame(asked);
  const found = differingPairs(before.values, renamed, (was, is) => {
    if ('read' in was && 'read' in is) return was.read === is.read;
    return was.value === is.value && (same === null || !isHidden.has(is.path) || same.has(is.path));
  });
  const byRoute = Map.groupBy(found, ({ path }) => routeIdOf(path));
  const reads = new Map(asked.map(({ path, read }) => [path, read]));
  const routesBefore = before.routes ?? saidRoutes(before, (path) => (same?.has(path) === true ? reads.get(path) : undefined));
  const idsBefore = after.routeIds.map((id) => pairs.get(id)).filter((id) => id !== undefined);
  const stay = new Set(idsBefore);
  return {
    routes: routeChanges(before, after, pairs, byRoute),
    values: (byRoute.get(null) ?? []).map((pair) => changeOf(pair, isHidden)),
    isReordered: before.routeIds.filter((id) => stay.has(id)).some((id, i) => id !== idsBefore[i]),
    takeovers: routesBefore === null || after.routes === null ? null : takeovers(routesBefore, after.routes, pairs),
    restart: restartReasons(fixedOf(before, after), fixedOf(after, before)),
    unknown: same === null ? [...isHidden] : [],
  };
}

/** Whether anything is different, or may be. */
export function isEmptyDiff({ routes, values, takeovers: moved, restart, unknown }: ConfigDiff): boolean {
  return routes.length + values.length + restart.length + unknown.length + (moved?.length ?? 0) === 0;
}

/** What routes of before were chosen by, where it may be what a variable of the same name is here. */
function guessedConditions(before: ConfigSide, after: ConfigSide, known: ReadonlySet<string>): { readonly path: string; readonly read: unknown }[] {
  const byLabel = new Map(after.values.filter(({ value, read }) => value !== read).map(({ value, read }) => [value, read]));
  return before.values.flatMap((value) => (isHiddenCondition(value) && !known.has(value.path) && byLabel.has(value.value) ? [{ path: value.path, read: byLabel.get(value.value) }] : []));
}

/** What is not known of one side is as it is on the other. */
function fixedOf({ workers, rateLimits: { keysMax } }: ConfigSide, other: ConfigSide): Parameters<typeof restartReasons>[0] {
  return { workers, rateLimits: { keysMax: keysMax ?? other.rateLimits.keysMax ?? 0 } };
}

/** Those that look alike on both sides and may be different all the same. */
function hiddenAlike(before: readonly SideValue[], after: readonly SideValue[]): { readonly path: string; readonly read: unknown }[] {
  const old = new Map(before.map((value) => [value.path, value]));
  return after.flatMap(({ path, value, read }) => {
    const was = old.get(path);
    return was === undefined || 'read' in was || was.value !== value || value === read ? [] : [{ path, read }];
  });
}

function routeChanges(before: ConfigSide, after: ConfigSide, pairs: RoutePairs, found: ReadonlyMap<string | null, readonly Pair[]>): RouteChange[] {
  const placesBefore = placesOf(before);
  const placesNow = placesOf(after);
  const NO_SECRETS = new Set<string>();
  const kept = after.routeIds.flatMap((id): RouteChange[] => {
    const formerId = pairs.get(id);
    const from = placesNow.get(id) ?? '';
    if (formerId === undefined) {
      const said = (found.get(keyOf(id, pairs)) ?? []).filter(({ after: is }) => is !== null && is.from !== 'default');
      return [{ id, formerId: null, kind: 'added', from, changes: said.map((pair) => changeOf(pair, NO_SECRETS)) }];
    }
    const own = (found.get(formerId) ?? []).filter(({ path }) => pathInRoute(path) !== 'name').map((pair) => changeOf(pair, NO_SECRETS));
    if (own.length === 0 && formerId === id) return [];
    return [{ id, formerId: formerId === id ? null : formerId, kind: own.length === 0 ? 'renamed' : 'changed', from, changes: own }];
  });
  const stay = new Set(pairs.values());
  const gone = before.routeIds.filter((id) => !stay.has(id)).map((id): RouteChange => ({ id, formerId: null, kind: 'removed', from: placesBefore.get(id) ?? '', changes: [] }));
  return [...kept, ...gone];
}

/** Where the first thing that each route says itself, or takes over, stands. */
function placesOf({ values }: ConfigSide): Map<string, string> {
  const places = new Map<string, string>();
  for (const { path, from } of values) {
    const id = routeIdOf(path);
    if (id === null || from === 'default') continue;
    const isOwn = /^(?:name|host|path|upstream|respond|redirect|health)(?:[.[]|$)/.test(pathInRoute(path));
    if (isOwn && !places.has(id)) places.set(id, from);
  }
  return places;
}

function changeOf({ path, before, after }: Pair, hidden: ReadonlySet<string>): ValueChange {
  const isAlike = before !== null && after !== null && before.value === after.value;
  return {
    path: routeIdOf(path) === null ? path : pathInRoute(path), before: before?.value ?? null, after: after?.value ?? null,
    was: before?.from ?? null, from: after?.from ?? null, isSecret: isAlike || hidden.has(path),
  };
}

/** As it was called before; one that is new may have a name that another one had, and is not to be taken for it. */
function formerPath(path: string, pairs: RoutePairs): string {
  const id = routeIdOf(path);
  if (id === null) return path;
  return routePath(keyOf(id, pairs), pathInRoute(path));
}

/** No route of before is called so. */
function keyOf(id: string, pairs: RoutePairs): string {
  return pairs.get(id) ?? `\n${id}`;
}
