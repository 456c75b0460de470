/** Names as clients wrote them, with the verdict; bounded, so that made-up names cannot grow it. */
const SEEN_MAX = 1024;

/** Any of these is `_` to somebody: `-` to CGI and WSGI, a dot to PHP as well, whatever is no letter or digit to some servers. */
const MARK = /[^a-z0-9]/g;

/**
 * Request headers that a client may not say, because a policy says them or wants them kept back. As applications cannot tell
 * `-` from `_`, and some not from other marks either, neither does this (CVE-2026-52845).
 */
export class WithheldNames {
  readonly #names: ReadonlySet<string>;
  readonly #lengthMax: number;
  readonly #seen = new Map<string, boolean>();

  constructor(names: Iterable<string>) {
    this.#names = new Set(Array.from(names, plain));
    this.#lengthMax = Math.max(0, ...Array.from(this.#names, ({ length }) => length));
  }

  get isEmpty(): boolean {
    return this.#names.size === 0;
  }

  /** @param name in any case. */
  has(name: string): boolean {
    // Nor is such a name kept in memory, of which each could fill a whole head.
    if (name.length > this.#lengthMax) return false;
    const known = this.#seen.get(name);
    if (known !== undefined) return known;
    const verdict = this.#names.has(plain(name));
    if (this.#seen.size < SEEN_MAX) this.#seen.set(name, verdict);
    return verdict;
  }
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(MARK, '-');
}
