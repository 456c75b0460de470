import { compileRegex, type Regex } from './regex.ts';

/** Origins of one scheme, by host and port. */
export interface OriginRule {
  readonly scheme: string;
  readonly host: string;
  /** Every name below `host`, at any depth, but not `host` itself. */
  readonly below: boolean;
  /** '' for that of the scheme; `*` for any. */
  readonly port: string;
}

/** Which origins are meant. Plain data. */
export interface OriginList {
  /** Compared as they are; `null` is one of them. */
  readonly exact: readonly string[];
  readonly rules: readonly OriginRule[];
  /** Regular expressions in RE2 syntax for the whole of an origin. */
  readonly patterns: readonly string[];
}

/** An origin as browsers write it (RFC 6454 section 6.2). */
const ORIGIN = /^([a-z][a-z0-9+.-]*):\/\/([\w.-]+|\[[0-9a-f:.]+\])(?::([0-9]{1,5}))?$/i;
/** A host name has 253 characters at most; the rest is scheme and port. */
const ORIGIN_CHARS_MAX = 300;
/** Verdicts that are kept; bounded, so that made-up origins cannot grow it. */
const SEEN_MAX = 1024;

/** The parts of an origin; null for `null` and for what is no origin. A port that is not written is ''. */
export function parseOrigin(origin: string): { readonly scheme: string; readonly host: string; readonly port: string } | null {
  const match = origin.length > ORIGIN_CHARS_MAX ? null : ORIGIN.exec(origin);
  return match === null ? null : { scheme: match[1] ?? '', host: match[2] ?? '', port: match[3] ?? '' };
}

/** The expression that must match from the first character to the last, whatever anchors it has itself. */
export function wholeOrigin(source: string): string {
  return `^(?:${source})$`;
}

/** Origins, as a request may name one. Rules and patterns never take `null`, nor what is no origin at all. */
export class OriginSet {
  readonly #exact: ReadonlySet<string>;
  readonly #rules: readonly OriginRule[];
  readonly #patterns: readonly Regex[];
  readonly #seen = new Map<string, boolean>();

  /** @throws Error for a pattern that is not RE2 */
  constructor({ exact, rules, patterns }: OriginList) {
    this.#exact = new Set(exact);
    this.#rules = rules;
    this.#patterns = patterns.map((source) => compileRegex(wholeOrigin(source)));
  }

  has(origin: string): boolean {
    if (this.#exact.has(origin)) return true;
    if (this.#rules.length === 0 && this.#patterns.length === 0) return false;
    const known = this.#seen.get(origin);
    if (known !== undefined) return known;
    const verdict = this.#judge(origin);
    if (this.#seen.size < SEEN_MAX && origin.length <= ORIGIN_CHARS_MAX) this.#seen.set(origin, verdict);
    return verdict;
  }

  #judge(origin: string): boolean {
    const parts = parseOrigin(origin);
    if (parts === null) return false;
    const { scheme, host, port } = parts;
    return this.#rules.some((rule) => rule.scheme === scheme && (rule.port === '*' || rule.port === port) && isHostOf(rule, host))
      || this.#patterns.some((pattern) => pattern.test(origin));
  }
}

function isHostOf(rule: OriginRule, host: string): boolean {
  return rule.below ? host.length > rule.host.length + 1 && host.endsWith(`.${rule.host}`) : host === rule.host;
}
