/** Names as clients wrote them, with the verdict; bounded, so that made-up names cannot grow it. */
const SEEN_MAX = 1024;

/**
 * Request headers that a client may not say, because a policy says them or wants them kept back. As applications behind CGI
 * and WSGI cannot tell `-` from `_`, neither does this (CVE-2026-52845).
 */
export class WithheldNames {
  readonly #names: ReadonlySet<string>;
  readonly #seen = new Map<string, boolean>();

  constructor(names: Iterable<string>) {
    this.#names = new Set(Array.from(names, plain));
  }

  get isEmpty(): boolean {
    return this.#names.size === 0;
  }

  /** @param name in any case. */
  has(name: string): boolean {
    const known = this.#seen.get(name);
    if (known !== undefined) return known;
    const verdict = this.#names.has(plain(name));
    if (this.#seen.size < SEEN_MAX) this.#seen.set(name, verdict);
    return verdict;
  }
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}
