import type { UpstreamConfig } from '../config/upstream-config.ts';
import { Breaker, Mode, SlotField, type Slot, type Slots } from '../lib/slots.ts';
import type { MemberNote, MemberNotes, NoteSource } from './member-notes.ts';
import type { MemberSpec } from './member.ts';
import { reasonWords } from './reason-words.ts';

export type MemberState = 'up' | 'slow-start' | 'unhealthy' | 'ejected' | 'breaker-open' | 'half-open' | 'draining' | 'down';

/** One member as people see it. */
export interface MemberStatus {
  readonly upstream: string;
  readonly key: string;
  readonly state: MemberState;
  /** Why the state changed last, in words. */
  readonly reason: string;
  /** Epoch milliseconds of that change. */
  readonly sinceMs: number;
  /** Null: never checked. */
  readonly lastCheck: MemberNote['lastCheck'];
  /** Requests in work, over all workers. */
  readonly inFlight: number;
  readonly requests: number;
  readonly failures: number;
  /** Times it was taken out by the calls to it. */
  readonly ejections: number;
}

/** Whose word a state is: others may have said something since that changed nothing about it. */
const SOURCES: Partial<Record<MemberState, NoteSource>> = { down: 'operator', draining: 'operator', unhealthy: 'checks' };

interface StatusServices {
  readonly slots: Slots;
  readonly notes: MemberNotes;
  readonly nowMs: number;
}

export function memberStatus(upstream: Pick<UpstreamConfig, 'name' | 'slowStartMs'>, member: MemberSpec, services: StatusServices): MemberStatus {
  const { slots, notes, nowMs } = services;
  const slot = slots.slot(member.slot);
  const note = notes.get(member.slot);
  const changedMs = slots.msOf(slot.load(SlotField.ChangedAt));
  // What a worker does is in the slot at once; the control plane's words for it come a moment later.
  const noted = note !== null && note.sinceMs >= changedMs;
  const state = stateOf(slot, slots, upstream.slowStartMs, nowMs);
  const source = SOURCES[state];
  const own = source === undefined ? null : notes.lastOf(source, member.slot);
  return {
    upstream: upstream.name,
    key: member.key,
    state,
    reason: own?.reason ?? (noted ? note.reason : reasonWords(slot.load(SlotField.Reason))),
    sinceMs: own?.sinceMs ?? (noted ? note.sinceMs : changedMs),
    lastCheck: note?.lastCheck ?? null,
    inFlight: slot.inFlight,
    requests: slot.load(SlotField.Requests),
    failures: slot.load(SlotField.Failures),
    ejections: slot.load(SlotField.EjectionsTotal),
  };
}

/** The strongest word that holds: what the operator said, then what keeps requests away, then what makes them fewer. */
function stateOf(slot: Slot, slots: Slots, slowStartMs: number, nowMs: number): MemberState {
  const mode = slot.load(SlotField.Mode);
  if (mode === Mode.Down) return 'down';
  if (mode === Mode.Drain) return 'draining';
  if (slot.load(SlotField.Unhealthy) !== 0) return 'unhealthy';
  if (slot.load(SlotField.EjectedUntil) !== 0) return 'ejected';
  const breaker = slot.load(SlotField.Breaker);
  if (breaker === Breaker.Open) return 'breaker-open';
  if (breaker === Breaker.HalfOpen) return 'half-open';
  const slowFrom = slot.load(SlotField.SlowStartFrom);
  return slowFrom !== 0 && nowMs < slots.msOf(slowFrom) + slowStartMs ? 'slow-start' : 'up';
}
