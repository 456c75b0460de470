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

/**
 * The written rule of which route takes a request that several match; negative: `a` does. In this order:
 * full host name, longer wildcard, shorter wildcard, no host; exact path; longer literal beginning of the
 * path; at the same beginning regex, extension, prefix; a list of methods; more headers; more query
 * parameters; higher priority. 0: the one that comes first in the file, which `findConflicts` reports.
 */
export function compareSpecificity(a: Specificity, b: Specificity): number {
  // Infinity minus Infinity is no number, so hosts are compared, not subtracted.
  if (a.host !== b.host) return a.host > b.host ? -1 : 1;
  const exact = Number(b.kind === KINDS.exact) - Number(a.kind === KINDS.exact);
  return (
    exact ||
    b.beginningLength - a.beginningLength ||
    b.kind - a.kind ||
    Number(b.hasMethods) - Number(a.hasMethods) ||
    b.headers - a.headers ||
    b.query - a.query ||
    b.priority - a.priority
  );
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
