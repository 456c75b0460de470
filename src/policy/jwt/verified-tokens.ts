import type { Identity } from '../../exchange/identity.ts';
import type { TokenLife } from './claim-rules.ts';
import type { Verifier } from './verifier.ts';

/** What is known of a token that was found to be good. */
export interface VerifiedToken extends TokenLife {
  readonly identity: Identity;
  /** Headers for the upstream, names and values in turn. */
  readonly forwarded: readonly string[];
  readonly verifier: Verifier;
}

const TOKENS_MAX = 4096;
/** A token is about 1 KB long, and its claims take twice as much. */
const CHARS_MAX = 4 * 1024 * 1024;

/**
 * Tokens that were found to be good, so that each is checked once and not with each request. Only those: what is not good is
 * looked at each time, and takes no place from the others. One of these serves all routes of a worker, of which each
 * has a shelf; together they have a bound.
 */
export class VerifiedTokens {
  readonly #shelves = new Set<TokenShelf>();
  readonly #tokensMax: number;
  readonly #charsMax: number;
  #tokens = 0;
  #chars = 0;

  constructor(tokensMax: number = TOKENS_MAX, charsMax: number = CHARS_MAX) {
    this.#tokensMax = tokensMax;
    this.#charsMax = charsMax;
  }

  get size(): number {
    return this.#tokens;
  }

  /** What is good on one route need not be so on another. */
  shelf(): TokenShelf {
    const shelf = new TokenShelf({
      added: (chars) => {
        this.#tokens += 1;
        this.#chars += chars;
        this.#makeRoom();
      },
      removed: (tokens, chars) => {
        this.#tokens -= tokens;
        this.#chars -= chars;
      },
      closed: () => this.#shelves.delete(shelf),
    });
    this.#shelves.add(shelf);
    return shelf;
  }

  close(): void {
    for (const shelf of this.#shelves) shelf.close();
  }

  /** Where there is most. */
  #makeRoom(): void {
    while (this.#tokens > this.#tokensMax || this.#chars > this.#charsMax) {
      let fullest: TokenShelf | null = null;
      for (const shelf of this.#shelves) if (fullest === null || shelf.chars > fullest.chars) fullest = shelf;
      fullest?.dropOldest();
    }
  }
}

interface Owner {
  added(chars: number): void;
  removed(tokens: number, chars: number): void;
  closed(): void;
}

/** Those of one policy, the one used longest ago first. */
export class TokenShelf {
  readonly #owner: Owner;
  /** By the whole token: the table's own hash is seeded, and what is found has been compared in full. */
  readonly #tokens = new Map<string, VerifiedToken>();
  chars = 0;
  #isClosed = false;

  constructor(owner: Owner) {
    this.#owner = owner;
  }

  /** @param nowMs epoch milliseconds. @returns null: it must be checked. */
  get(token: string, nowMs: number): VerifiedToken | null {
    const known = this.#tokens.get(token);
    if (known === undefined) return null;
    this.#tokens.delete(token);
    // A clock that was set back makes a token young again, and may make it too young.
    if (nowMs >= known.fromMs && nowMs < known.untilMs && !known.verifier.isRetired) {
      this.#tokens.set(token, known);
      return known;
    }
    this.#forget(1, token.length);
    return null;
  }

  add(token: string, verified: VerifiedToken): void {
    // A request whose client has left may still wait for keys when its generation has ended.
    if (this.#isClosed || this.#tokens.has(token)) return;
    // A copy: the token may be a part of a long header, which would stay in memory with it.
    this.#tokens.set(Buffer.from(token, 'latin1').toString('latin1'), verified);
    this.chars += token.length;
    this.#owner.added(token.length);
  }

  dropOldest(): void {
    const [oldest] = this.#tokens.keys();
    if (oldest === undefined) return;
    this.#tokens.delete(oldest);
    this.#forget(1, oldest.length);
  }

  close(): void {
    this.#isClosed = true;
    this.#forget(this.#tokens.size, this.chars);
    this.#tokens.clear();
    this.#owner.closed();
  }

  #forget(tokens: number, chars: number): void {
    this.chars -= chars;
    this.#owner.removed(tokens, chars);
  }
}
