import type { UpstreamConfig } from '../../src/config/upstream-config.ts';
import { createSlotMemory, SlotField, Slots, type Slot, type SlotMemory } from '../../src/lib/slots.ts';
import type { WatchedUpstream } from '../../src/balance/health-check.ts';
import { MemberNotes } from '../../src/balance/member-notes.ts';
import type { MemberSpec } from '../../src/balance/member.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { upstreamOf } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const UPSTREAM_SLOT = 1;

/** An upstream with its slots and a clock in hand. Members are `a`, `b` … in slots 2, 3 … */
export interface SampleUpstream extends WatchedUpstream {
  readonly clock: ManualClock;
  readonly logger: MemoryLogger;
  readonly notes: MemberNotes;
  readonly memory: SlotMemory;
  readonly slots: Slots;
  readonly own: Slot;
  /** Slots of the members. */
  readonly cells: readonly Slot[];
  tick(): number;
  /** Log messages with their reason: `a target is out: …`. */
  said(): string[];
}

/** @param options of the upstream, as YAML. @param targets `HOST:PORT` or as a target is written. */
export function sampleUpstream(options: string, targets: readonly string[]): SampleUpstream {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  const memory = createSlotMemory(4, clock.now() - 60_000);
  const slots = new Slots(memory, 0);
  const config: UpstreamConfig = upstreamOf(options, JSON.stringify(targets));
  const members = config.targets.map((target, index): MemberSpec => (
    { key: String.fromCharCode(97 + index), target, address: target.path === null ? target.host : null, port: target.port, slot: UPSTREAM_SLOT + 1 + index }
  ));
  return {
    config,
    slot: UPSTREAM_SLOT,
    members,
    clock,
    logger,
    notes: new MemberNotes(),
    memory,
    slots,
    own: slots.slot(UPSTREAM_SLOT),
    cells: members.map(({ slot }) => slots.slot(slot)),
    tick: () => slots.tickOf(clock.now()),
    said: () => logger.entries.map(({ message, fields }) => `${message}: ${String(fields['reason'])}`),
  };
}

/** Members of which only the slots matter: loopback addresses where nobody listens, so that a probe leaves the machine alone. */
export function someTargets(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `127.0.0.${index + 1}:1`);
}

/** The slot of a member there is. */
export function cellOf(sample: SampleUpstream, index: number): Slot {
  const cell = sample.cells[index];
  if (cell === undefined) throw new Error(`no member ${index}`);
  return cell;
}

/** Which members are out. */
export function outOf(sample: SampleUpstream): number[] {
  return sample.cells.flatMap((cell, index) => (cell.load(SlotField.EjectedUntil) === 0 ? [] : [index]));
}
