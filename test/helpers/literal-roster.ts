import type { MemberSpec } from '../../src/balance/member.ts';
import type { RosterGeneration } from '../../src/balance/roster.ts';
import type { Config } from '../../src/config/config.ts';
import { createSlotMemory, type SlotMemory } from '../../src/lib/slots.ts';

/** Slot memory for a few workers that began in 2020. */
export function someSlotMemory(workers = 2): SlotMemory {
  return createSlotMemory(workers, Date.UTC(2020, 0, 1));
}

/**
 * A roster without a control plane, for workers that are tested alone: each target is one member at its
 * host as written. The same configuration gets the same slots every time.
 */
export function literalRoster({ upstreams }: Config, id = 1): RosterGeneration {
  let slot = 0;
  const entries = upstreams.map(({ name, targets }) => {
    slot += 1;
    const own = slot;
    const members = targets.map((target): MemberSpec => {
      slot += 1;
      return { key: target.name, target, address: target.path === null ? target.host : null, port: target.port, slot };
    });
    return [name, { slot: own, members }] as const;
  });
  return { id, upstreams: Object.fromEntries(entries) };
}
