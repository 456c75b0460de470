import { regexBeginning } from '../lib/regex-beginning.ts';
import { normaliseUriPath, UriPathError } from '../lib/uri-path.ts';
import type { RouteConfig } from './config.ts';
import type { PathPattern, RouteMatch } from './route-match.ts';
import { covers, mayMeet } from './match-relation.ts';
import { compareSpecificity, literalBeginning, type Specificity, specificityOf } from './specificity.ts';

/** Something about the routes that cannot be meant. Indexes are those of the list given. */
interface RouteConflict {
  readonly routeIndex: number;
  /** The other route it is about; null where the route is wrong by itself. */
  readonly otherIndex: number | null;
  readonly message: string;
}

interface Entry {
  readonly routeIndex: number;
  readonly match: RouteMatch;
  readonly specificity: Specificity;
}

/** Below this, comparing all with all is cheaper than sorting them apart. */
const SMALL_GROUP = 16;
const NOT_IN_PATH = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]|\/\//;

/**
 * Finds routes between which only their order decides, routes that no request reaches because another
 * takes all of theirs first, and paths no request can have. Reports what is certain only: two regular
 * expressions with the same beginning count as meeting, as nothing but a `priority` can order them.
 * Per route at most one conflict of each kind, sorted by route. Only what has host and pattern in common
 * is compared, so the time hardly grows faster than the number of routes.
 */
export function findConflicts(routes: readonly RouteConfig[]): readonly RouteConflict[] {
  const entries = routes.flatMap(({ matches }, routeIndex) => matches.map((match) => ({ routeIndex, match, specificity: specificityOf(match) })));
  const found = [...impossiblePaths(entries), ...ties(entries, routes), ...unreachable(entries, routes)];
  return found.toSorted((a, b) => a.routeIndex - b.routeIndex);
}

function impossiblePaths(entries: readonly Entry[]): RouteConflict[] {
  const found = new Map<number, RouteConflict>();
  for (const { routeIndex, match } of entries) {
    const message = whyImpossible(match.path);
    if (message !== null && !found.has(routeIndex)) found.set(routeIndex, { routeIndex, otherIndex: null, message });
  }
  return [...found.values()];
}

/** Requests are matched in canonical form, so a pattern in any other form matches none of them. */
function whyImpossible(path: PathPattern): string | null {
  const beginning = literalBeginning(path);
  if (path.kind === 'regex') {
    const possible = beginning === '' || (beginning.startsWith('/') && !NOT_IN_PATH.test(beginning));
    return possible ? null : `can never match: no canonical path begins with "${beginning}"`;
  }
  if (beginning === '' && path.kind !== 'exact') return null;
  try {
    const canonical = normaliseUriPath(beginning);
    return canonical === beginning ? null : `can never match: the canonical form of "${beginning}" is "${canonical}", write that`;
  } catch (error) {
    if (!(error instanceof UriPathError)) throw error;
    return `can never match: requests with the path "${beginning}" are refused, because ${error.message}`;
  }
}

function ties(entries: readonly Entry[], routes: readonly RouteConfig[]): RouteConflict[] {
  const found = new Map<number, RouteConflict>();
  for (const group of groupsOf(entries, (entry) => keysOf(entry, literalBeginning(entry.match.path)).map((key) => key + rankKey(entry)))) {
    for (const [at, { routeIndex, match }] of group.entries()) {
      if (found.has(routeIndex)) continue;
      const other = group.slice(0, at).find((earlier) => earlier.routeIndex !== routeIndex && mayMeet(earlier.match, match));
      if (other === undefined) continue;
      const same = covers(match, other.match) && covers(other.match, match);
      const advice = same ? 'remove one of them, or make one more specific' : 'give the one that shall win a higher priority';
      const message = `takes ${same ? 'the' : 'some of the'} same requests as ${nameOf(routes, other)}, and neither is more specific: ${advice}`;
      found.set(routeIndex, { routeIndex, otherIndex: other.routeIndex, message });
    }
  }
  return [...found.values()];
}

function unreachable(entries: readonly Entry[], routes: readonly RouteConfig[]): RouteConflict[] {
  const takers = new Map<RouteMatch, Entry>();
  for (const group of groupsOf(entries, (entry) => keysOf(entry, patternOf(entry.match.path)))) {
    const strongestFirst = group.toSorted((a, b) => compareSpecificity(a.specificity, b.specificity));
    for (const [at, entry] of strongestFirst.entries()) addTaker(takers, entry, strongestFirst.slice(0, at));
  }
  const wholes = Map.groupBy(
    entries.filter(({ match: { path } }) => path.kind === 'regex' && regexBeginning(path.source).isWhole),
    ({ match: { host, path } }) => `${host}\n${literalBeginning(path)}`,
  );
  for (const entry of wholes.size === 0 ? [] : entries) {
    const { host, path } = entry.match;
    const beginning = literalBeginning(path);
    for (const text of [beginning, `${beginning}/`]) addTaker(takers, entry, wholes.get(`${host}\n${text}`) ?? []);
  }
  return routes.flatMap(({ matches }, routeIndex) => {
    const first = matches[0] === undefined ? undefined : takers.get(matches[0]);
    if (first === undefined || !matches.every((match) => takers.has(match))) return [];
    return [{ routeIndex, otherIndex: first.routeIndex, message: `is never reached: ${nameOf(routes, first)} takes all its requests first` }];
  });
}

function addTaker(takers: Map<RouteMatch, Entry>, entry: Entry, others: readonly Entry[]): void {
  if (takers.has(entry.match)) return;
  const taker = others.find(
    (other) => other.routeIndex !== entry.routeIndex && compareSpecificity(other.specificity, entry.specificity) < 0 && covers(other.match, entry.match),
  );
  if (taker !== undefined) takers.set(entry.match, taker);
}

/** What entries must have in common to be worth comparing. Endings meet only where their last parts are the same. */
function keysOf({ match: { host, path } }: Entry, pattern: string): string[] {
  const key = `${host}\n${path.kind}\n${pattern}\n`;
  return path.kind === 'extension' ? path.extensions.map((extension) => key + extension.slice(extension.lastIndexOf('.') + 1)) : [key];
}

function rankKey({ specificity: { hasMethods, headers, query, priority } }: Entry): string {
  return `\n${hasMethods}\n${headers}\n${query}\n${priority}`;
}

function patternOf(path: PathPattern): string {
  return path.kind === 'regex' ? path.source : literalBeginning(path);
}

function groupsOf(entries: readonly Entry[], keys: (entry: Entry) => readonly string[]): Entry[][] {
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    for (const key of new Set(keys(entry))) {
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [entry]);
      else group.push(entry);
    }
  }
  return [...groups.values()].flatMap(splitByValue);
}

/** A thousand tenants on one path, told apart by a header: none can meet another, so none need be compared. */
function splitByValue(group: Entry[]): Entry[][] {
  const first = group[0];
  if (first === undefined || group.length <= SMALL_GROUP) return [group];
  for (const condition of conditionsOf(first.match).keys()) {
    const parts = Map.groupBy(group, ({ match }) => conditionsOf(match).get(condition) ?? null);
    if (parts.size > 1 && !parts.has(null)) return [...parts.values()].flatMap(splitByValue);
  }
  return [group];
}

function conditionsOf({ headers, query }: RouteMatch): Map<string, string | null> {
  const conditions = new Map<string, string | null>();
  for (const { name, value } of headers) conditions.set(`header ${name}`, value);
  for (const { name, value } of query) conditions.set(`query ${name}`, value);
  return conditions;
}

function nameOf(routes: readonly RouteConfig[], { routeIndex }: Entry): string {
  const route = routes[routeIndex];
  return `route "${route?.id}" (line ${route?.line})`;
}
