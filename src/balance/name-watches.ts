import type { ResolveConfig } from '../config/upstream-config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../observe/logger.ts';
import type { LookupName } from './name-lookup.ts';
import { NameWatch } from './name-watch.ts';

interface NameWatchesServices {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lookup: LookupName;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** The records of the watch with this key are others than before. */
  readonly onChange: (key: string) => void;
}

interface Entry {
  readonly watch: NameWatch;
  readonly name: string;
  readonly srv: boolean;
  users: number;
}

/** One watch for each name asked for in one way, however many targets of however many generations stand for it. */
export class NameWatches {
  readonly #services: NameWatchesServices;
  readonly #byKey = new Map<string, Entry>();

  constructor(services: NameWatchesServices) {
    this.#services = services;
  }

  static key(name: string, srv: boolean, { servers, minMs, maxMs }: ResolveConfig): string {
    return JSON.stringify([name, srv, servers, minMs, maxMs]);
  }

  /** Each `take` needs a {@link release}. */
  take(name: string, srv: boolean, resolve: ResolveConfig): string {
    const key = NameWatches.key(name, srv, resolve);
    const known = this.#byKey.get(key);
    if (known === undefined) this.#byKey.set(key, { watch: this.#start(key, name, srv, resolve), name, srv, users: 1 });
    else known.users += 1;
    return key;
  }

  release(key: string): void {
    const entry = this.#byKey.get(key);
    if (entry === undefined) return;
    entry.users -= 1;
    if (entry.users > 0) return;
    this.#byKey.delete(key);
    entry.watch.close();
  }

  get(key: string): NameWatch | null {
    return this.#byKey.get(key)?.watch ?? null;
  }

  close(): void {
    for (const { watch } of this.#byKey.values()) watch.close();
    this.#byKey.clear();
  }

  /** A reload that changes only how a name is asked for must not empty a working upstream. */
  #start(key: string, name: string, srv: boolean, { servers, minMs, maxMs }: ResolveConfig): NameWatch {
    const { clock, logger, lookup, random, onChange } = this.#services;
    const sibling = [...this.#byKey.values()].find((entry) => entry.name === name && entry.srv === srv && entry.watch.records.length > 0);
    return new NameWatch({
      query: { name, srv, servers },
      bounds: { minMs, maxMs },
      lookup,
      clock,
      logger,
      random,
      initial: sibling?.watch.records ?? [],
      onChange: () => onChange(key),
    });
  }
}
