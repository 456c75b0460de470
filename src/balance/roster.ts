import type { UpstreamConfig } from '../config/upstream-config.ts';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { SlotNames } from '../lib/slot-names.ts';
import { SLOTS_MAX, type Slots } from '../lib/slots.ts';
import type { Logger } from '../observe/logger.ts';
import type { WatchedUpstream } from './health-check.ts';
import { isResolved, membersOf, type MemberDraft } from './member-drafts.ts';
import { MemberNotes } from './member-notes.ts';
import { memberStatus, type MemberStatus } from './member-status.ts';
import type { MemberSpec } from './member.ts';
import { createNameLookup, type LookupName } from './name-lookup.ts';
import { NameWatches } from './name-watches.ts';
import { UpstreamMembers, type OperatorMode } from './upstream-members.ts';

/** How long a start or a reload waits for the first answers of DNS. */
const FIRST_ANSWERS_MS = 2000;
/** How often it looks whose slots can be freed. */
const SWEEP_MS = 5000;

interface RosterOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly slots: Slots;
  /** Default: as the system resolves names. */
  readonly lookup?: LookupName;
  /** 0 ≤ x < 1. Default `Math.random`. */
  readonly random?: () => number;
  /** The members of an upstream are others than before, in the generation with this id. */
  readonly onChange: (upstream: string, members: readonly MemberSpec[], rosterId: number) => void;
}

/** Where the requests of one generation can go. Plain data, for workers. */
export interface RosterGeneration {
  /** Of this roster's own counting. */
  readonly id: number;
  readonly upstreams: Readonly<Record<string, RosterUpstream>>;
}

interface RosterUpstream {
  /** Of the upstream itself. */
  readonly slot: number;
  readonly members: readonly MemberSpec[];
}

/**
 * Every member of every upstream of the living generations: the addresses behind their names, kept up to
 * date, and the slots in which all threads know of them. What a reload leaves as it was keeps both.
 */
export class Roster {
  /** What is known of members in words, by slot. */
  readonly notes = new MemberNotes();
  readonly #options: RosterOptions;
  readonly #names: SlotNames;
  readonly #watches: NameWatches;
  readonly #upstreams = new Map<string, UpstreamMembers>();
  /** Keys of the watches each generation holds. */
  readonly #held = new Map<number, readonly string[]>();
  readonly #stopSweep: () => void;
  #lastId = 0;
  /** Of the youngest generation that is in force, or was. */
  #adoptedId = 0;

  constructor(options: RosterOptions) {
    this.#options = options;
    const { clock, logger, slots } = options;
    this.#names = new SlotNames(SLOTS_MAX, (slot) => {
      slots.clear(slot);
      this.notes.forget(slot);
    });
    this.#watches = new NameWatches({
      clock,
      logger,
      lookup: options.lookup ?? createNameLookup({ clock }),
      random: options.random ?? Math.random,
      onChange: (key) => this.#onNames(key),
    });
    this.#stopSweep = clock.every(SWEEP_MS, () => this.#sweep());
  }

  /**
   * Resolves what is not watched yet and sets slots aside. Waits at most 2 s for names; one that has no
   * address yet is a warning, and its members follow through `onChange`.
   * @throws RangeError where there are more members than slots; the generation is released then.
   */
  async prepare(upstreams: readonly UpstreamConfig[]): Promise<RosterGeneration> {
    this.#lastId += 1;
    const id = this.#lastId;
    const keys = upstreams.flatMap((upstream) =>
      upstream.targets.filter(isResolved).map(({ host, srv }) => this.#watches.take(host, srv, upstream.resolve)));
    this.#held.set(id, keys);
    await this.#firstAnswers([...new Set(keys)]);
    try {
      this.#put(id, upstreams);
    } catch (error) {
      this.release({ id });
      throw error;
    }
    return this.latest({ id });
  }

  /** A generation as it is now, for a worker that is started late. Empty where it was released. */
  latest({ id }: Pick<RosterGeneration, 'id'>): RosterGeneration {
    const entries = [...this.#upstreams.values()].flatMap(({ name, slot, versions }): [string, RosterUpstream][] => {
      const version = versions.get(id);
      return version === undefined ? [] : [[name, { slot, members: version.members }]];
    });
    return { id, upstreams: Object.fromEntries(entries) };
  }

  /** The generation is in force. */
  adopt({ id }: Pick<RosterGeneration, 'id'>): void {
    this.#adoptedId = Math.max(this.#adoptedId, id);
  }

  /** The upstreams of one generation. */
  upstreamsOf({ id }: Pick<RosterGeneration, 'id'>): readonly WatchedUpstream[] {
    return [...this.#upstreams.values()].flatMap(({ slot, versions }) => {
      const version = versions.get(id);
      return version === undefined ? [] : [{ slot, ...version }];
    });
  }

  /** The generation has retired: names nobody else uses are no longer watched, and slots are freed after a grace. */
  release({ id }: Pick<RosterGeneration, 'id'>): void {
    for (const key of this.#held.get(id) ?? []) this.#watches.release(key);
    this.#held.delete(id);
    for (const upstream of this.#upstreams.values()) upstream.drop(id);
  }

  /** No connection could be made: the names of the upstream are asked again, each at most once per `resolve.min`. */
  connectFailed(upstream: string): void {
    for (const { config } of this.#upstreams.get(upstream)?.versions.values() ?? []) {
      for (const key of watchKeys(config)) this.#watches.get(key)?.refresh();
    }
  }

  /**
   * What the operator wants of a member, or of all addresses of a target, those to come included.
   * @param target key of a member or name of a target. @returns false where there is none.
   */
  setMode(upstream: string, target: string, mode: OperatorMode): boolean {
    const done = this.#upstreams.get(upstream)?.setMode(target, mode) ?? false;
    if (done) this.#options.logger.info('a target was set by the operator', { upstream, target, mode });
    return done;
  }

  /** As the youngest generation has them; empty where there is no such upstream. */
  members(upstream: string): readonly MemberSpec[] {
    return this.#upstreams.get(upstream)?.newest?.members ?? [];
  }

  /** Each upstream as the youngest generation that has it wants it, for checks and recovery; one that is being prepared changes nothing of it. */
  upstreams(): readonly WatchedUpstream[] {
    return [...this.#upstreams.values()].flatMap((upstream) => {
      const watched = upstream.watchedUpTo(this.#adoptedId);
      return watched === null ? [] : [{ slot: upstream.slot, ...watched }];
    });
  }

  status(): readonly MemberStatus[] {
    const { slots, clock } = this.#options;
    const services = { slots, notes: this.notes, nowMs: clock.now() };
    return this.upstreams().flatMap(({ config, members }) => members.map((member) => memberStatus(config, member, services)));
  }

  close(): void {
    this.#stopSweep();
    this.#watches.close();
  }

  async #firstAnswers(keys: readonly string[]): Promise<void> {
    const { clock, logger } = this.#options;
    const watches = keys.flatMap((key) => this.#watches.get(key) ?? []);
    try {
      await withDeadline(clock, FIRST_ANSWERS_MS, Promise.all(watches.map(async ({ first }) => first)));
    } catch {
      const names = watches.filter(({ answered }) => !answered).map(({ name }) => name);
      logger.warn('DNS is slow, Sluice goes on without these names until they resolve', { names });
    }
  }

  /** Those who have left keep their slots for a while, but not where a generation has need of them. */
  #put(id: number, upstreams: readonly UpstreamConfig[]): void {
    const put = (config: UpstreamConfig): boolean => this.#upstream(config.name).put(id, config, this.#draft(config));
    for (const config of upstreams) {
      try {
        put(config);
      } catch {
        this.#sweep(0);
        put(config);
      }
    }
  }

  #upstream(name: string): UpstreamMembers {
    const known = this.#upstreams.get(name);
    if (known !== undefined) return known;
    const { clock, slots } = this.#options;
    const made = new UpstreamMembers(name, { clock, slots, names: this.#names, notes: this.notes });
    this.#upstreams.set(name, made);
    return made;
  }

  #draft(config: UpstreamConfig): MemberDraft[] {
    return config.targets.flatMap((target) => {
      const watch = isResolved(target) ? this.#watches.get(NameWatches.key(target.host, target.srv, config.resolve)) : null;
      return membersOf(target, watch?.records ?? []);
    });
  }

  #onNames(key: string): void {
    const { onChange, logger } = this.#options;
    for (const upstream of this.#upstreams.values()) {
      for (const [id, { config }] of upstream.versions) {
        if (!watchKeys(config).includes(key)) continue;
        try {
          if (upstream.put(id, config, this.#draft(config))) onChange(upstream.name, upstream.versions.get(id)?.members ?? [], id);
        } catch (error) {
          logger.error('an upstream cannot take its new addresses, the old ones stay', { upstream: upstream.name, error });
        }
      }
    }
  }

  #sweep(graceMs?: number): void {
    for (const upstream of this.#upstreams.values()) {
      if (upstream.sweep(graceMs)) this.#upstreams.delete(upstream.name);
    }
  }
}

function watchKeys({ targets, resolve }: UpstreamConfig): string[] {
  return targets.filter(isResolved).map(({ host, srv }) => NameWatches.key(host, srv, resolve));
}
