/** Upstreams send few different values; one that makes some up is answered all the same. */
const KNOWN_MAX = 500;
const KNOWN_CHARS_MAX = 200;

/** A set of kinds of content: exact types, families (`text/*`) and syntaxes (`application/*+json`). */
export class MediaTypes {
  readonly #exact = new Set<string>();
  readonly #ranges: { readonly beginning: string; readonly end: string }[] = [];
  readonly #known = new Map<string, boolean>();

  /** @param patterns in lower case. */
  constructor(patterns: readonly string[]) {
    for (const pattern of patterns) {
      const star = pattern.indexOf('*');
      if (star === -1) this.#exact.add(pattern);
      else this.#ranges.push({ beginning: pattern.slice(0, star), end: pattern.slice(star + 1) });
    }
  }

  /** Whether it holds the type of a Content-Type, whatever its parameters. */
  has(contentType: string): boolean {
    const known = this.#known.get(contentType);
    if (known !== undefined) return known;
    const [type = ''] = contentType.split(';', 1);
    const found = this.#holds(type.trim().toLowerCase());
    if (this.#known.size < KNOWN_MAX && contentType.length <= KNOWN_CHARS_MAX) this.#known.set(contentType, found);
    return found;
  }

  #holds(type: string): boolean {
    if (type.startsWith('application/grpc')) return false;
    return this.#exact.has(type) || this.#ranges.some(({ beginning, end }) => type.length > beginning.length + end.length && type.startsWith(beginning) && type.endsWith(end));
  }
}
