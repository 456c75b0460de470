import { Breaker, SlotField } from '../lib/slots.ts';
import type { Candidate } from './member.ts';

/** Whether nothing is known to be wrong with a member; its mode is the operator's and another matter. */
export function isAvailable({ slot }: Pick<Candidate, 'slot'>): boolean {
  return slot.load(SlotField.Unhealthy) === 0 && slot.load(SlotField.EjectedUntil) === 0 && slot.load(SlotField.Breaker) !== Breaker.Open;
}
