import type { Clock } from '../lib/clock.ts';
import type { Slots } from '../lib/slots.ts';
import type { CheckRuns } from './check-runs.ts';

/** What the parts of the recovery share. */
export interface RecoveryServices {
  readonly clock: Clock;
  readonly slots: Slots;
  /** Connection probes, over all members. */
  readonly probes: CheckRuns;
  /** A member is passed over because connections to it failed: its name may stand for another address by now. */
  onConnectFailed(upstream: string): void;
}
