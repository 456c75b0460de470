import { limitedTo, type JwtAlgorithm, type JwtKey } from '../../lib/jwt-key.ts';
import type { PublishedKeys } from './published-keys.ts';
import type { TokenHead } from './token-head.ts';
import type { Verifier } from './verifier.ts';

/** Of a token that names no key; each costs a check. */
const TRIED_MAX = 8;

interface RingOptions {
  /** Those of the configuration. */
  readonly keys: readonly JwtKey[];
  /** Null: none but those. */
  readonly published: PublishedKeys | null;
  /** What published keys may be used for; null: whatever they can. */
  readonly algorithms: readonly JwtAlgorithm[] | null;
  readonly makeVerifiers: (keys: readonly JwtKey[]) => Promise<readonly Verifier[]>;
}

/** All keys of a route. Which of them may check a token follows from what is known of the keys, never from the token alone. */
export class KeyRing {
  readonly #options: RingOptions;
  #fixed: readonly Verifier[] = [];
  #published: readonly Verifier[] = [];
  /** Of the published keys that are on the ring. */
  #version = 0;
  #renewing: Promise<void> | null = null;

  private constructor(options: RingOptions) {
    this.#options = options;
  }

  static async create(options: RingOptions): Promise<KeyRing> {
    const ring = new KeyRing(options);
    ring.#fixed = await options.makeVerifiers(options.keys);
    return ring;
  }

  /** Whether the published keys are the ones on the ring. */
  get isCurrent(): boolean {
    const { published } = this.#options;
    return published === null || published.version === this.#version;
  }

  /** Whether keys are missing that nobody has seen yet. */
  get isIncomplete(): boolean {
    return this.#options.published?.isKnown === false;
  }

  /** Those that may check such a token: the ones of its name or, where none has it, the ones without a name. */
  keysFor({ alg, kid }: TokenHead): readonly Verifier[] {
    const all = [...this.#fixed, ...this.#published];
    const named = kid === null ? all : all.filter(({ key }) => key.kid === kid);
    const meant = named.length > 0 ? named : all.filter(({ key }) => key.kid === null);
    return meant.filter(({ key }) => key.algorithms.some((algorithm) => algorithm === alg)).slice(0, TRIED_MAX);
  }

  /** Puts the published keys as they are now on the ring. */
  async renew(): Promise<void> {
    if (this.isCurrent) return;
    this.#renewing ??= this.#takePublished().finally(() => {
      this.#renewing = null;
    });
    await this.#renewing;
    // They may have changed meanwhile.
    await this.renew();
  }

  /** Whether a fetch could bring the key of such a token. */
  mayLearn({ kid }: TokenHead): boolean {
    const { published } = this.#options;
    if (published === null) return false;
    return !published.isKnown || (kid !== null && published.keys.every((key) => key.kid !== kid));
  }

  /** Has the published keys fetched, if the last time is long enough ago. @returns whether there is anything to be tried again */
  async learn(): Promise<boolean> {
    const before = this.#version;
    await this.#options.published?.ask();
    await this.renew();
    return this.#version !== before;
  }

  async #takePublished(): Promise<void> {
    const { published, algorithms, makeVerifiers } = this.#options;
    if (published === null) return;
    const { version, keys } = published;
    const before = new Map(this.#published.map((verifier) => [identityOf(verifier.key), verifier]));
    const wanted = limitedTo(algorithms, keys);
    const made = await makeVerifiers(wanted.filter((key) => !before.has(identityOf(key))));
    const fresh = new Map(made.map((verifier) => [identityOf(verifier.key), verifier]));
    this.#published = wanted.flatMap((key) => before.get(identityOf(key)) ?? fresh.get(identityOf(key)) ?? []);
    this.#version = version;
    for (const verifier of before.values()) verifier.isRetired = !this.#published.includes(verifier);
  }
}

function identityOf({ kid, algorithms, material }: JwtKey): string {
  return JSON.stringify([kid, algorithms, material]);
}
