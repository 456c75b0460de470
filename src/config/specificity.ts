import { regexBeginning } from '../lib/regex-beginning.ts';
import type { PathPattern, RouteMatch } from './route-match.ts';

/** How closely a match describes the requests it takes, computed once so that many can be compared. */
export interface Specificity {
  /** Infinity for a full name, the length of a wildcard, 0 for every host. */
  readonly host: number;
  readonly kind: number;
  readonly beginningLength: number;
  readonly hasMethods: boolean;
  readonly headers: number;
  readonly query: number;
  readonly priority: number;
}

const KINDS = { prefix: 0, extension: 1, regex: 2, exact: 3 } as const satisfies Record<PathPattern['kind'], number>;

export function specificityOf(match: RouteMatch): Specificity {
  const { host, path, methods, headers, query, priority } = match;
  return {
    host: host === null ? 0 : host.startsWith('*') ? host.length : Number.POSITIVE_INFINITY,
    kind: KINDS[path.kind],
    beginningLength: literalBeginning(path).length,
    hasMethods: methods !== null,
    headers: headers.length,
    query: query.length,
    priority,
  };
}

type Comparison = (a: Specificity, b: Specificity) => number;

/** In the order in which they count; negative: the first one is the more specific. */
const RULES = {
  // Infinity minus Infinity is no number, so hosts are compared, not subtracted.
  'host': (a, b) => (a.host === b.host ? 0 : a.host > b.host ? -1 : 1),
  'exact path': (a, b) => Number(b.kind === KINDS.exact) - Number(a.kind === KINDS.exact),
  'longer path': (a, b) => b.beginningLength - a.beginningLength,
  'kind of path': (a, b) => b.kind - a.kind,
  'methods': (a, b) => Number(b.hasMethods) - Number(a.hasMethods),
  'headers': (a, b) => b.headers - a.headers,
  'query': (a, b) => b.query - a.query,
  'priority': (a, b) => b.priority - a.priority,
} as const satisfies Record<string, Comparison>;

/** What decides between two matches; `order`: only which of them comes first in the file. */
export type DecidingRule = keyof typeof RULES | 'order';

const RULE_LIST: readonly Comparison[] = Object.values(RULES);

/**
 * The written rule of which route takes a request that several match; negative: `a` does. In this order:
 * full host name, longer wildcard, shorter wildcard, no host; exact path; longer literal beginning of the
 * path; at the same beginning regex, extension, prefix; a list of methods; more headers; more query
 * parameters; higher priority. 0: the one that comes first in the file, which `findConflicts` reports.
 */
export function compareSpecificity(a: Specificity, b: Specificity): number {
  for (const compare of RULE_LIST) {
    const difference = compare(a, b);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The first point of that rule in which two matches differ. */
export function decidingRule(a: Specificity, b: Specificity): DecidingRule {
  for (const [name, compare] of Object.entries<Comparison>(RULES)) if (compare(a, b) !== 0 && isRule(name)) return name;
  return 'order';
}

function isRule(name: string): name is keyof typeof RULES {
  return Object.hasOwn(RULES, name);
}

/** The text every path of the pattern begins with: `/api` for `/api/*`, '' for `/*` and for a regex without `^`. */
export function literalBeginning(path: PathPattern): string {
  switch (path.kind) {
    case 'exact': return path.path;
    case 'regex': return regexBeginning(path.source).text;
    default: return path.prefix;
  }
}

/** The methods a list allows: who serves GET serves HEAD (RFC 9110, 9.3.2). null: every method. */
export function methodSet(methods: readonly string[] | null): ReadonlySet<string> | null {
  if (methods === null) return null;
  return new Set(methods.includes('GET') ? [...methods, 'HEAD'] : methods);
}
