import type { UpstreamConfig } from '../config/upstream-config.ts';
import type { Clock } from '../lib/clock.ts';
import type { SlotNames } from '../lib/slot-names.ts';
import { Mode, Reason, SlotField, type Slot, type Slots } from '../lib/slots.ts';
import type { MemberDraft } from './member-drafts.ts';
import type { MemberNotes } from './member-notes.ts';
import type { MemberSpec } from './member.ts';
import { reasonWords } from './reason-words.ts';
import { recordChange } from './state-change.ts';

/**
 * How long the slot of a member that has left is kept at least: workers may still choose it before they
 * hear of it, and one that comes back finds its state as it was.
 */
export const GRACE_MS = 60_000;

export type OperatorMode = 'up' | 'drain' | 'down';

const MODES = { up: Mode.Up, drain: Mode.Drain, down: Mode.Down } as const;

interface UpstreamMembersServices {
  readonly clock: Clock;
  readonly slots: Slots;
  readonly names: SlotNames;
  readonly notes: MemberNotes;
}

interface Version {
  readonly config: UpstreamConfig;
  readonly members: readonly MemberSpec[];
}

interface Seat {
  readonly slot: number;
  readonly target: string;
  /** Monotonic; null while some generation has the member. */
  leftMs: number | null;
}

/** The members of one upstream in all living generations that have it: their lists, and the slots they share. */
export class UpstreamMembers {
  readonly name: string;
  readonly slot: number;
  readonly #services: UpstreamMembersServices;
  readonly #versions = new Map<number, Version>();
  readonly #seats = new Map<string, Seat>();
  /** What the operator wants of whole targets, whatever addresses they come to have. */
  readonly #targetModes = new Map<string, OperatorMode>();

  /** @throws RangeError where no slot is left. */
  constructor(name: string, services: UpstreamMembersServices) {
    this.name = name;
    this.#services = services;
    this.slot = services.names.take(`upstream ${name}`);
  }

  /** The list of the youngest generation; null where none is left. */
  get newest(): Version | null {
    return this.#newestUpTo(Infinity);
  }

  /**
   * What is to be checked and brought back: the youngest list that is in force, or was, and whoever else is in one that is
   * only being prepared. That may yet be refused, so its options count where there are no others.
   */
  watchedUpTo(adopted: number): Version | null {
    const { newest } = this;
    const inForce = this.#newestUpTo(adopted);
    if (newest === null || inForce === null || inForce === newest) return newest;
    const present = new Set(inForce.members.map(({ slot }) => slot));
    return { config: inForce.config, members: [...inForce.members, ...newest.members.filter(({ slot }) => !present.has(slot))] };
  }

  get versions(): ReadonlyMap<number, Version> {
    return this.#versions;
  }

  /**
   * Sets the list of a generation. @returns false where it is what it was.
   * @throws RangeError where no slot is left; the list stays as it was then.
   */
  put(generation: number, config: UpstreamConfig, drafts: readonly MemberDraft[]): boolean {
    const before = this.#versions.get(generation);
    // The first members of an upstream share the traffic anyway; one that joins others later is a process just started.
    const joins = [...this.#seats.values()].some(({ leftMs }) => leftMs === null);
    try {
      const drafted = new Map(drafts.map((draft) => [draft.key, draft])).values();
      const members = [...drafted].map((draft) => this.#seat(draft, joins && config.slowStartMs > 0));
      if (before !== undefined && JSON.stringify(before.members) === JSON.stringify(members)) return false;
      this.#versions.set(generation, { config, members });
      return true;
    } finally {
      this.#markWhoLeft();
    }
  }

  drop(generation: number): void {
    this.#versions.delete(generation);
    this.#markWhoLeft();
  }

  /** @param target key of a member, or name of a target: then every address of it, those to come included. */
  setMode(target: string, mode: OperatorMode): boolean {
    const wholeTarget = [...this.#versions.values()].some(({ config }) => config.targets.some(({ name }) => name === target));
    const seats = [...this.#seats].filter(([key, seat]) => key === target || (wholeTarget && seat.target === target));
    if (!wholeTarget && seats.length === 0) return false;
    if (wholeTarget) this.#targetModes.set(target, mode);
    for (const [, { slot }] of seats) this.#apply(slot, mode);
    return true;
  }

  /** Frees the slots of those who left at least this long ago and serve nobody. @returns whether nothing is left at all. */
  sweep(graceMs: number = GRACE_MS): boolean {
    const { clock, slots, names } = this.#services;
    for (const [key, seat] of this.#seats) {
      if (seat.leftMs === null || clock.monotonicMs() - seat.leftMs < graceMs || slots.slot(seat.slot).inFlight > 0) continue;
      this.#seats.delete(key);
      names.free(this.#slotName(key));
    }
    if (this.#versions.size > 0 || this.#seats.size > 0) return false;
    names.free(`upstream ${this.name}`);
    return true;
  }

  #newestUpTo(generation: number): Version | null {
    return [...this.#versions].filter(([id]) => id <= generation).toSorted(([a], [b]) => b - a)[0]?.[1] ?? null;
  }

  #seat(draft: MemberDraft, slowStart: boolean): MemberSpec {
    const known = this.#seats.get(draft.key);
    if (known !== undefined) return { ...draft, slot: known.slot };
    const { names } = this.#services;
    const slot = names.take(this.#slotName(draft.key));
    this.#seats.set(draft.key, { slot, target: draft.target.name, leftMs: null });
    this.#begin(slot, this.#targetModes.get(draft.target.name) ?? 'up', slowStart);
    return { ...draft, slot };
  }

  #begin(number: number, mode: OperatorMode, slowStart: boolean): void {
    const { slots, notes, clock } = this.#services;
    const nowMs = clock.now();
    const slot = slots.slot(number);
    slot.store(SlotField.ChangedAt, slots.tickOf(nowMs));
    if (slowStart) slot.store(SlotField.SlowStartFrom, slots.tickOf(nowMs));
    notes.note(number, reasonWords(Reason.None), nowMs);
    if (mode !== 'up') this.#apply(number, mode);
  }

  #apply(number: number, mode: OperatorMode): void {
    const { slots, notes, clock } = this.#services;
    const slot = slots.slot(number);
    if (slot.load(SlotField.Mode) === MODES[mode]) return;
    const nowMs = clock.now();
    if (mode === 'up') this.#warmUp(slot, nowMs);
    slot.store(SlotField.Mode, MODES[mode]);
    recordChange(slot, slots.slot(this.slot), Reason.Operator, slots.tickOf(nowMs));
    notes.note(number, reasonWords(Reason.Operator), nowMs, 'operator');
  }

  #warmUp(slot: Slot, nowMs: number): void {
    const slowStartMs = this.newest?.config.slowStartMs ?? 0;
    if (slowStartMs > 0) slot.store(SlotField.SlowStartFrom, this.#services.slots.tickOf(nowMs));
  }

  #markWhoLeft(): void {
    const present = new Set([...this.#versions.values()].flatMap(({ members }) => members.map(({ key }) => key)));
    const nowMs = this.#services.clock.monotonicMs();
    for (const [key, seat] of this.#seats) {
      if (present.has(key)) seat.leftMs = null;
      else seat.leftMs ??= nowMs;
    }
  }

  #slotName(key: string): string {
    return `member ${this.name} ${key}`;
  }
}
