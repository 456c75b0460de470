import { Breaker, SlotField, type Slots } from '../lib/slots.ts';
import type { WatchedUpstream } from './health-check.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

/** The breaker of an upstream as a whole; those of its members are part of their state. */
export interface BreakerStatus {
  readonly upstream: string;
  readonly state: BreakerState;
}

/** Of the upstreams that have one for the whole. */
export function breakerStatus(upstreams: readonly WatchedUpstream[], slots: Slots): BreakerStatus[] {
  return upstreams.flatMap(({ config, slot }) => {
    if (config.breaker?.upstream !== true) return [];
    return [{ upstream: config.name, state: stateOf(slots.slot(slot).load(SlotField.Breaker)) }];
  });
}

function stateOf(breaker: number): BreakerState {
  if (breaker === Breaker.Open) return 'open';
  return breaker === Breaker.HalfOpen ? 'half-open' : 'closed';
}
