import { SlotField, type Slot } from '../lib/slots.ts';

/**
 * Says that who is eligible may have changed, and why. Called after the state itself was written, because
 * the epoch it bumps makes every worker read that state again.
 *
 * @param member the slot whose state changed; the upstream's own where that did.
 * @param reason one of `Reason` in lib/slots.ts.
 */
export function recordChange(member: Slot, upstream: Slot, reason: number, tick: number): void {
  member.store(SlotField.Reason, reason);
  member.store(SlotField.ChangedAt, tick);
  upstream.add(SlotField.Epoch, 1);
}

/** Whole ticks in a duration, at least one, so that what was switched on lasts. */
export function ticksIn(ms: number): number {
  return Math.max(1, Math.ceil(ms / 100));
}
