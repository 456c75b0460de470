import type { RouteMatch } from '../config/route-match.ts';
import { Context } from '../config/context.ts';
import { readBounded } from '../config/read-file.ts';
import { Report } from '../config/report.ts';
import { resolveMatches } from '../config/resolve-match.ts';
import type { RawRoute } from '../config/schema/file.ts';
import { Source } from '../config/source.ts';
import { type ConfigSide, pathInRoute, routeIdOf, type SideValue } from './config-side.ts';

/** What a route is chosen by, and nothing else of it. */
interface Conditions {
  host?: string[];
  path?: string[];
  methods?: string[];
  priority?: number;
  match: { headers: Record<string, string | true>; query: Record<string, string | true> };
}

/** Which of them a value is, and what it is called there. */
const CONDITION = /^(host|path|methods|priority|match\.headers|match\.query)(?:\[\d+\]$|\.(.+)$|$)/;
/** A value that stands for another one: what came from outside, or may not be shown. */
const HIDDEN = /\*\*\*|\$\{|^file:|…$/;

/**
 * The routes of a configuration of which only the values are known; null where one of them is chosen by what is not shown.
 * @param readOf what a value that is not shown is known to be; undefined: it is not.
 */
export function saidRoutes({ values, routeIds }: ConfigSide, readOf: (path: string) => unknown): NonNullable<ConfigSide['routes']> | null {
  const found = new Map(routeIds.map((id): [string, Conditions] => [id, { match: { headers: {}, query: {} } }]));
  for (const value of values) {
    const conditions = found.get(routeIdOf(value.path) ?? '');
    if (conditions !== undefined && !note(conditions, value, readOf)) return null;
  }
  try {
    return Array.from(found, ([id, conditions]) => ({ id, matches: matchesOf(conditions) }));
  } catch (error) {
    // Of another version, which may know patterns that this one does not.
    if (!(error instanceof RangeError)) throw error;
    return null;
  }
}

/** Whether a value, of which only what is shown is known, stands for another one that decides which requests a route gets. */
export function isHiddenCondition({ path, value }: SideValue): boolean {
  return typeof value === 'string' && HIDDEN.test(value) && CONDITION.test(pathInRoute(path)) && routeIdOf(path) !== null;
}

/** @returns false where it is not known what a request must be like. */
function note(conditions: Conditions, { path, value }: SideValue, readOf: (path: string) => unknown): boolean {
  const [, field = '', name = ''] = CONDITION.exec(pathInRoute(path)) ?? [];
  if (field === '') return true;
  const read = typeof value === 'string' && HIDDEN.test(value) ? readOf(path) : value;
  if (field === 'priority') {
    if (typeof read !== 'number') return false;
    conditions.priority = read;
  } else if (field === 'match.headers' || field === 'match.query') {
    if (read !== true && typeof read !== 'string') return false;
    conditions.match[field === 'match.headers' ? 'headers' : 'query'][name] = read;
  } else if (field === 'host' || field === 'path' || field === 'methods') {
    if (typeof read !== 'string') return false;
    (conditions[field] ??= []).push(read);
  }
  return true;
}

function matchesOf(conditions: Conditions): readonly RouteMatch[] {
  const raw: RawRoute = conditions;
  const nowhere = { kind: 'map', source: new Source('', ''), start: 0, end: 1, entries: new Map() } as const;
  return resolveMatches(raw, 0, new Context(nowhere, { isSound: () => true }, readBounded, new Report()));
}
