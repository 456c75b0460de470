/** What a request must be like for a route, compiled from the file; a route has one for each of its hosts and paths. */
export interface RouteMatch {
  /** Lower case: `app.example.com`, `*.example.com`, or null for every host. */
  readonly host: string | null;
  readonly path: PathPattern;
  /** Upper case; null for every method. */
  readonly methods: readonly string[] | null;
  readonly headers: readonly ValueMatch[];
  readonly query: readonly ValueMatch[];
  /** Breaks ties between routes that are equally specific; higher wins. Default 0. */
  readonly priority: number;
}

/** A header (name in lower case) or query parameter that must be there; value null: with any value. */
export interface ValueMatch {
  readonly name: string;
  readonly value: string | null;
}

export type PathPattern =
  /** `/health`: this path only. */
  | { readonly kind: 'exact'; readonly path: string }
  /** `/api/*`: `/api` and all below it. `prefix` has no trailing slash; '' is `/*`. */
  | { readonly kind: 'prefix'; readonly prefix: string }
  /** `/static/*.{css,js}`: below the prefix, last segment with one of these endings (lower case, no dot). */
  | { readonly kind: 'extension'; readonly prefix: string; readonly extensions: readonly string[] }
  /** `~^/users/[0-9]+$`: RE2 syntax, unanchored unless it says so. */
  | { readonly kind: 'regex'; readonly source: string };
