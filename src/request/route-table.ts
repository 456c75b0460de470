import type { RouteMatch } from '../config/route-match.ts';
import { compareSpecificity, specificityOf } from '../config/specificity.ts';
import { PathTable } from './path-table.ts';
import type { RouteCandidate, RouteQuestion } from './route-candidate.ts';

const SLASH = 0x2f;

interface RouteTableEntry<T> {
  readonly matches: readonly RouteMatch[];
  readonly value: T;
}

/**
 * Which route takes a request, by the rule of `compareSpecificity`; where that leaves a tie, the route
 * that comes first. The routes of a host are tried first, then those of wildcards that cover it
 * (`*.example.com` covers sub-domains of any depth, not `example.com`), then those of every host. The
 * cost depends on the path and on how many routes share its beginning, not on how many there are.
 */
export class RouteTable<T> {
  readonly #hosts = new Map<string, PathTable<T>>();
  /** By what follows the `*`, with its dot. */
  readonly #wildcards = new Map<string, PathTable<T>>();
  readonly #wildcardLengthMax: number;
  readonly #anyHost: PathTable<T>;
  /** Reused: a look-up is synchronous, so two never overlap. */
  readonly #question: RouteQuestion = { method: '', path: '', query: '', rawHeaders: [], allowed: null };

  /** @throws {Error} for a regular expression that is not RE2. */
  constructor(routes: readonly RouteTableEntry<T>[]) {
    const entries = routes
      .flatMap(({ matches, value }) => matches.map((match) => ({ match, value, specificity: specificityOf(match) })))
      .toSorted((a, b) => compareSpecificity(a.specificity, b.specificity));
    const byHost = Map.groupBy(entries, ({ match }) => match.host);
    this.#anyHost = new PathTable(byHost.get(null) ?? []);
    for (const [host, own] of byHost) {
      if (host?.startsWith('*')) this.#wildcards.set(host.slice(1), new PathTable(own));
      else if (host !== null) this.#hosts.set(host, new PathTable(own));
    }
    this.#wildcardLengthMax = Math.max(0, ...Array.from(this.#wildcards.keys(), (suffix) => suffix.length));
  }

  /**
   * The route of a request, or null. `host` and `path` are those of `parseHost` and `canonicalPath`,
   * `query` has its `?`; `*` has no route. Headers and query are read only where a route that would fit has a condition on them.
   */
  find(method: string, host: string, path: string, query: string, rawHeaders: readonly string[]): T | null {
    return this.#search(host, method, path, query, rawHeaders, null)?.value ?? null;
  }

  /**
   * After `find` gave null: the methods with which it would have found a route, sorted, for the `Allow` of
   * a 405. Empty where the method was not what was wrong.
   */
  allowedMethods(host: string, path: string, query: string, rawHeaders: readonly string[]): readonly string[] {
    const allowed = new Set<string>();
    // No list has the empty method, so every route that fits otherwise adds its own.
    this.#search(host, '', path, query, rawHeaders, allowed);
    return [...allowed].toSorted();
  }

  #search(
    host: string,
    method: string,
    path: string,
    query: string,
    rawHeaders: readonly string[],
    allowed: Set<string> | null,
  ): RouteCandidate<T> | null {
    // The `*` of OPTIONS asks about the gateway, not about anything behind it: it is no path, not even for `/*`.
    if (path.charCodeAt(0) !== SLASH) return null;
    const question = this.#question;
    question.method = method;
    question.path = path;
    question.query = query;
    question.rawHeaders = rawHeaders;
    question.allowed = allowed;
    return this.#hosts.get(host)?.find(question) ?? this.#searchWildcards(host, question) ?? this.#anyHost.find(question);
  }

  /** From the longest suffix to the shortest, without those that are longer than any configured. */
  #searchWildcards(host: string, question: RouteQuestion): RouteCandidate<T> | null {
    if (this.#wildcards.size === 0) return null;
    let dot = host.indexOf('.', Math.max(1, host.length - this.#wildcardLengthMax));
    while (dot !== -1) {
      const found = this.#wildcards.get(host.slice(dot))?.find(question);
      if (found) return found;
      dot = host.indexOf('.', dot + 1);
    }
    return null;
  }
}
