import type { JwksConfig } from '../../config/jwt-config.ts';
import type { Clock } from '../../lib/clock.ts';
import { withDeadline } from '../../lib/deadline.ts';
import { readKeySet } from '../../lib/json-web-key-set.ts';
import type { JwtKey } from '../../lib/jwt-key.ts';
import type { Logger } from '../../observe/logger.ts';
import { maskUrl } from '../../observe/secret-mask.ts';
import { fetchKeySet } from './key-set-fetch.ts';

const LIFE_MS_MIN = 60_000;
const LIFE_MS_MAX = 24 * 60 * 60_000;
/** The next fetch begins when so much of a life is over, with some luck in it, so that workers do not all ask at once. */
const RENEWED_AT = 0.75;
const SPREAD = 0.1;
const LOOK_MS = 1000;
const RETRY_MS_MIN = 1000;
const RETRY_MS_MAX = 30_000;
/** Anybody can make up a name of a key. */
const ASK_EVERY_MS = 30_000;
/** How long requests wait for keys that are being fetched. */
const PATIENCE_MS = 2000;

interface Services {
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/** The keys that an issuer publishes at a URL, kept fresh. A key counts as long as it is in the set that was fetched last. */
export class PublishedKeys {
  readonly #config: JwksConfig;
  readonly #services: Services;
  readonly #name: string;
  readonly #closing = new AbortController();
  readonly #stopLooking: () => void;
  #keys: readonly JwtKey[] | null = null;
  #version = 0;
  #text = '';
  #nextMs: number;
  #askedMs = -Infinity;
  #retryMs = RETRY_MS_MIN;
  #isDown = false;
  #fetching: Promise<void> | null = null;

  /** Begins to fetch, and does not wait for it. */
  constructor(config: JwksConfig, services: Services) {
    this.#config = config;
    this.#services = services;
    this.#name = maskUrl(config.url);
    this.#nextMs = Infinity;
    this.#stopLooking = services.clock.every(LOOK_MS, () => {
      if (services.clock.monotonicMs() >= this.#nextMs) void this.#refresh();
    });
    void this.#refresh();
  }

  /** None before the first fetch has succeeded. */
  get keys(): readonly JwtKey[] {
    return this.#keys ?? [];
  }

  /** Another one where the keys have changed. */
  get version(): number {
    return this.#version;
  }

  /** False until some fetch has succeeded. */
  get isKnown(): boolean {
    return this.#keys !== null;
  }

  /**
   * For a token whose key is not among them: waits for the fetch under way, or begins one if the last such wish is long enough
   * ago, but two seconds at most. Everybody who asks meanwhile waits for the same.
   */
  async ask(): Promise<void> {
    const { clock } = this.#services;
    if (this.#fetching === null) {
      if (clock.monotonicMs() - this.#askedMs < ASK_EVERY_MS) return;
      this.#askedMs = clock.monotonicMs();
    }
    await withDeadline(clock, PATIENCE_MS, this.#refresh()).catch(ignore);
  }

  close(): void {
    this.#stopLooking();
    this.#closing.abort();
  }

  /** Never rejects. */
  async #refresh(): Promise<void> {
    this.#nextMs = Infinity;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = null;
    });
    return this.#fetching;
  }

  async #fetch(): Promise<void> {
    const { clock, random } = this.#services;
    const { url, timeoutMs, refreshMs, ca } = this.#config;
    try {
      const { text, lifeMs } = await fetchKeySet(url, { timeoutMs, ca, clock, signal: this.#closing.signal });
      this.#take(text);
      const life = Math.min(Math.max(lifeMs ?? refreshMs, LIFE_MS_MIN), LIFE_MS_MAX);
      this.#nextMs = clock.monotonicMs() + life * (RENEWED_AT + SPREAD * random());
      this.#retryMs = RETRY_MS_MIN;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#complain(error);
      this.#nextMs = clock.monotonicMs() + this.#retryMs;
      this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX);
    }
  }

  /** @throws RangeError where it is no set of keys; what is known stays */
  #take(text: string): void {
    const { logger } = this.#services;
    if (text !== this.#text || this.#keys === null) {
      const { keys, ignored } = readKeySet(text);
      this.#keys = keys;
      this.#text = text;
      this.#version += 1;
      for (const reason of ignored) logger.warn(`in the set of ${this.#name}, ${reason}`);
      if (keys.length === 0) logger.warn(`the set of ${this.#name} has no key that tokens can be checked with`);
    }
    if (this.#isDown) logger.info(`the keys of ${this.#name} can be fetched again`);
    this.#isDown = false;
  }

  /** Once, until it has worked again. */
  #complain(error: unknown): void {
    if (this.#isDown) return;
    this.#isDown = true;
    const consequence = this.#keys === null ? 'until then, tokens cannot be checked by them' : 'those fetched last go on counting';
    this.#services.logger.warn(`the keys of ${this.#name} cannot be fetched: ${reasonOf(error)}; ${consequence}`);
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Where a name has several addresses, the reason stands in a list.
  const { message } = error;
  return message === '' && 'code' in error ? String(error.code) : message;
}

function ignore(): void {
  // Whoever asked sees that nothing has changed.
}
