import type { PathPattern, RouteMatch, ValueMatch } from '../config/route-match.ts';
import { methodSet } from '../config/specificity.ts';
import { createEndingTest } from '../lib/path-ending.ts';
import { compileRegex } from '../lib/regex.ts';

/** What is asked of a route. One object is reused for every look-up, so that a look-up allocates nothing. */
export interface RouteQuestion {
  method: string;
  path: string;
  query: string;
  rawHeaders: readonly string[];
  /** Not null: collect the methods of what matches but for its method. */
  allowed: Set<string> | null;
}

type PathTest = (path: string) => boolean;

/** One match of a route, compiled. Where it stands in the tables says what its path begins with; the rest is checked here. */
export class RouteCandidate<T> {
  readonly value: T;
  readonly #methods: ReadonlySet<string> | null;
  readonly #test: PathTest | null;
  readonly #headers: readonly ValueMatch[];
  readonly #query: readonly ValueMatch[];

  /** @throws {Error} for a pattern that is not RE2. */
  constructor(match: RouteMatch, value: T) {
    this.value = value;
    this.#methods = methodSet(match.methods);
    this.#test = createPathTest(match.path);
    this.#headers = match.headers;
    this.#query = match.query;
  }

  answers(question: RouteQuestion): boolean {
    const methodFits = this.#methods === null || this.#methods.has(question.method);
    if (!methodFits && question.allowed === null) return false;
    if (this.#test !== null && !this.#test(question.path)) return false;
    if (this.#headers.length > 0 && !this.#headers.every((wanted) => hasHeader(question.rawHeaders, wanted))) return false;
    if (this.#query.length > 0 && !hasParameters(question.query, this.#query)) return false;
    if (!methodFits && this.#methods !== null) for (const method of this.#methods) question.allowed?.add(method);
    return methodFits;
  }
}

function createPathTest(path: PathPattern): PathTest | null {
  switch (path.kind) {
    case 'regex': {
      const regex = compileRegex(path.source);
      return (text) => regex.test(text);
    }
    case 'extension': return createEndingTest(path.prefix, new Set(path.extensions));
    default: return null;
  }
}

/** Lines of the same name count as one value, joined by commas (RFC 9110, 5.3): a second line cannot smuggle a value in. */
function hasHeader(rawHeaders: readonly string[], { name, value }: ValueMatch): boolean {
  let found: string | null = null;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const rawName = rawHeaders[i] ?? '';
    if (rawName.length !== name.length || rawName.toLowerCase() !== name) continue;
    const line = rawHeaders[i + 1] ?? '';
    found = found === null ? line : `${found}, ${line}`;
  }
  return found !== null && (value === null || found === value);
}

/** Of a parameter given twice the first counts. */
function hasParameters(query: string, wanted: readonly ValueMatch[]): boolean {
  if (query === '') return false;
  const parameters = new URLSearchParams(query);
  return wanted.every(({ name, value }) => (value === null ? parameters.has(name) : parameters.get(name) === value));
}
