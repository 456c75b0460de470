import type { ResolveConfig } from '../config/upstream-config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../observe/logger.ts';
import type { LookupName, NameAnswer, NameQuery, NameRecord } from './name-lookup.ts';

/** A name that cannot be resolved is asked for again at this pace at most, within the bounds of its configuration. */
const RETRY_LAST_MS = 5000;
/** Addresses used of one name; an answer with more is cut, and said to be. */
export const ADDRESSES_MAX = 256;
/** Watches that began together drift apart: each waits up to this share less than it might. */
const JITTER_SHARE = 0.1;
/** Addresses named in one line of the log. */
const NAMED_MAX = 8;

interface NameWatchOptions {
  readonly query: NameQuery;
  readonly bounds: Pick<ResolveConfig, 'minMs' | 'maxMs'>;
  readonly lookup: LookupName;
  readonly clock: Clock;
  readonly logger: Logger;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  /** What another watch knows of the same name, to be used until the first answer. */
  readonly initial: readonly NameRecord[];
  /** The records are others than before. */
  readonly onChange: () => void;
}

/**
 * Keeps the addresses of one name up to date. Asks again when the TTL is over, within bounds. What was
 * good once stays until there is a better answer: no answer, or an empty one, takes nothing away.
 */
export class NameWatch {
  /** Resolves when the first answer has come, whatever it is. Never rejects. */
  readonly first: Promise<void>;
  readonly #options: NameWatchOptions;
  readonly #settleFirst: () => void;
  #records: readonly NameRecord[];
  #failures = 0;
  #askedMs = -Infinity;
  #asking = false;
  #answered = false;
  #dueMs = Infinity;
  #stopTimer: () => void = () => undefined;
  #closed = false;

  constructor(options: NameWatchOptions) {
    this.#options = options;
    this.#records = options.initial;
    const first = Promise.withResolvers<void>();
    this.first = first.promise;
    this.#settleFirst = () => first.resolve();
    void this.#ask();
  }

  /** Sorted, each address and port once, at most {@link ADDRESSES_MAX}; empty while the name has never been resolved. */
  get records(): readonly NameRecord[] {
    return this.#records;
  }

  get name(): string {
    return this.#options.query.name;
  }

  /** The first question has been answered, or has failed. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Asks at once, or as soon as the last question is `minMs` ago: an address did not answer, so there may be another. */
  refresh(): void {
    const dueMs = this.#askedMs + this.#options.bounds.minMs;
    if (dueMs >= this.#dueMs) return;
    this.#schedule(dueMs);
  }

  close(): void {
    this.#closed = true;
    this.#stopTimer();
    this.#settleFirst();
  }

  async #ask(): Promise<void> {
    this.#asking = true;
    this.#askedMs = this.#now();
    this.#dueMs = Infinity;
    const before = this.#records;
    let afterMs: number;
    try {
      afterMs = this.#take(await this.#options.lookup(this.#options.query));
    } catch (error) {
      afterMs = this.#miss(error);
    }
    this.#asking = false;
    this.#answered = true;
    // A refresh that was wanted while the question was open may be due before the TTL is over.
    this.#schedule(Math.min(this.#now() + afterMs, this.#dueMs));
    this.#settleFirst();
    if (this.#records !== before) this.#options.onChange();
  }

  /** @returns how long the answer is good for. */
  #take(answer: NameAnswer): number {
    const { minMs, maxMs } = this.#options.bounds;
    const kept = this.#records.filter((record) => answer.isUnknown(record));
    const before = this.#records;
    const all = inOrder([...answer.records, ...kept]);
    const records = all.slice(0, ADDRESSES_MAX);
    const worked = this.#failures === 0;
    this.#failures = 0;
    if (this.#closed) return maxMs;
    if (!worked) this.#log('info', 'a name resolves again', { addresses: named(records) });
    if (!isSame(before, records)) {
      this.#records = records;
      if (worked && before.length > 0) this.#logChange(before, records);
      if (all.length > ADDRESSES_MAX) this.#log('warn', 'a name has too many addresses', { addresses: all.length, used: ADDRESSES_MAX });
    }
    const wantedMs = Math.min(answer.ttlMs, maxMs) * (1 - JITTER_SHARE * this.#options.random());
    return Math.max(minMs, wantedMs);
  }

  /** @returns how long to wait before asking again. */
  #miss(error: unknown): number {
    const { minMs, maxMs } = this.#options.bounds;
    this.#failures += 1;
    if (this.#failures === 1 && !this.#closed) {
      const reason = error instanceof Error ? error.message : String(error);
      if (this.#records.length === 0) this.#log('warn', 'a name cannot be resolved, it has no address yet', { reason });
      else this.#log('warn', 'a name cannot be resolved, its last addresses stay in use', { reason, addresses: named(this.#records) });
    }
    const slowestMs = Math.max(minMs, Math.min(maxMs, RETRY_LAST_MS));
    const backOffMs = Math.min(minMs * 2 ** Math.min(this.#failures - 1, 16), slowestMs);
    return Math.max(minMs, backOffMs * (1 - JITTER_SHARE * this.#options.random()));
  }

  #schedule(dueMs: number): void {
    this.#dueMs = dueMs;
    this.#stopTimer();
    if (this.#closed || this.#asking) return;
    const afterMs = Math.ceil(dueMs - this.#now());
    if (afterMs <= 0) {
      void this.#ask();
      return;
    }
    const stop = this.#options.clock.every(afterMs, () => {
      stop();
      void this.#ask();
    });
    this.#stopTimer = stop;
  }

  #now(): number {
    return this.#options.clock.monotonicMs();
  }

  #logChange(before: readonly NameRecord[], after: readonly NameRecord[]): void {
    const [old, now] = [new Set(before.map(idOf)), new Set(after.map(idOf))];
    this.#log('info', 'a name has other addresses', {
      added: named(after.filter((record) => !old.has(idOf(record)))),
      removed: named(before.filter((record) => !now.has(idOf(record)))),
    });
  }

  #log(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#options.logger[level](message, { name: this.#options.query.name, ...fields });
  }
}

/** By address and port; where two services share one, the primary stands. */
function inOrder(records: readonly NameRecord[]): NameRecord[] {
  const byId = new Map<string, NameRecord>();
  for (const record of records) {
    const known = byId.get(idOf(record));
    if (known === undefined || (known.service?.backup === true && record.service?.backup === false)) byId.set(idOf(record), record);
  }
  return [...byId].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record);
}

function idOf({ address, service }: NameRecord): string {
  return service === null ? address : `${address} ${service.port}`;
}

function isSame(a: readonly NameRecord[], b: readonly NameRecord[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function named(records: readonly NameRecord[]): string {
  const texts = records.slice(0, NAMED_MAX).map(idOf);
  return records.length > NAMED_MAX ? `${texts.join(', ')} and ${records.length - NAMED_MAX} more` : texts.join(', ');
}
