import type { Clock } from './clock.ts';

interface Entry<V> {
  readonly value: V;
  readonly untilMs: number;
}

/** Values that count for a while, a bounded number of them: the oldest makes room for a new one. */
export class ExpiringMap<V> {
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  readonly #sizeMax: number;
  readonly #entries = new Map<string, Entry<V>>();

  constructor(clock: Clock, lifetimeMs: number, sizeMax: number) {
    this.#clock = clock;
    this.#lifetimeMs = lifetimeMs;
    this.#sizeMax = sizeMax;
  }

  /** Entries held, be they over. */
  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    if (this.#clock.monotonicMs() < entry.untilMs) return entry.value;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, untilMs: this.#clock.monotonicMs() + this.#lifetimeMs });
    const oldest = this.#entries.size > this.#sizeMax ? this.#entries.keys().next().value : undefined;
    if (oldest !== undefined) this.#entries.delete(oldest);
  }

  clear(): void {
    this.#entries.clear();
  }
}
