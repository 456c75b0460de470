import type { UpstreamConfig } from '../config/upstream-config.ts';
import { Breaker, Mode, Reason, SlotField, type Slot } from '../lib/slots.ts';
import { recordChange, ticksIn } from './state-change.ts';

/**
 * `Fails` of a member that is passed over because connections to it failed. Its time in `EjectedUntil`
 * then belongs to that, and is not one of those that `EjectedCount` counts.
 */
export const PASSED_OVER = -1;

/** `share × count` may come out a hair below the whole number that is meant. */
const ROUNDING = 1e-9;

/**
 * Takes members out on the evidence of the requests sent to them, from any worker: for failures in a row
 * as Envoy does (outlier detection), for failed connections as nginx does (max_fails).
 * Only the control plane changes the time of one that is out, or ends it: {@link readmit}, {@link keepOut}.
 */
export class Ejection {
  /** Every member of the upstream, for the share that may be out and for the last one that must stay. */
  members: readonly { readonly slot: Slot }[] = [];
  readonly #config: UpstreamConfig;
  readonly #upstream: Slot;

  /** @param upstream the upstream's own slot. */
  constructor(config: UpstreamConfig, upstream: Slot) {
    this.#config = config;
    this.#upstream = upstream;
  }

  succeeded(member: Slot): void {
    if (member.load(SlotField.FailuresInRow) !== 0) member.store(SlotField.FailuresInRow, 0);
  }

  /** One failure more in a row, of whatever kind. */
  failed(member: Slot, tick: number): void {
    const { failures } = this.#config.ejection;
    const inRow = member.add(SlotField.FailuresInRow, 1);
    if (failures > 0 && inRow >= failures) this.#eject(member, tick);
  }

  /** No connection could be made, so nothing was sent: passed over, however many are out already. Counts as a failure too. */
  connectFailed(member: Slot, tick: number): void {
    const { failsMax, failTimeoutMs } = this.#config;
    if (failsMax > 0 && failTimeoutMs > 0 && this.#countFail(member, tick) >= failsMax) {
      if (member.swap(SlotField.EjectedUntil, 0, tick + ticksIn(failTimeoutMs))) {
        member.store(SlotField.Fails, PASSED_OVER);
        member.add(SlotField.EjectionsTotal, 1);
        recordChange(member, this.#upstream, Reason.ConnectFailed, tick);
      }
    }
    this.failed(member, tick);
  }

  /** @returns connection failures since the fail time-out began; 0 where the member is passed over already. */
  #countFail(member: Slot, tick: number): number {
    const since = member.load(SlotField.FailsSince);
    const stale = member.load(SlotField.Fails);
    // A wall clock that was set back counts as over, or the window would last until it has caught up.
    const isOver = since === 0 || tick < since || tick - since >= ticksIn(this.#config.failTimeoutMs);
    const renewed = isOver && member.swap(SlotField.FailsSince, since, tick);
    for (;;) {
      const fails = member.load(SlotField.Fails);
      if (fails === PASSED_OVER) return 0;
      const next = Math.max(1, fails - (renewed ? stale : 0) + 1);
      if (member.swap(SlotField.Fails, fails, next)) return next;
    }
  }

  #eject(member: Slot, tick: number): void {
    if (member.load(SlotField.EjectedUntil) !== 0 || !this.#takePlace()) return;
    const { timeMs, timeMaxMs } = this.#config.ejection;
    const times = member.load(SlotField.Ejections) + 1;
    const until = tick + ticksIn(Math.min(timeMs * times, timeMaxMs));
    if (!this.#isAnotherAvailable(member) || !member.swap(SlotField.EjectedUntil, 0, until)) {
      leavePlace(this.#upstream);
      return;
    }
    member.add(SlotField.Ejections, 1);
    member.add(SlotField.EjectionsTotal, 1);
    recordChange(member, this.#upstream, Reason.FailuresInRow, tick);
  }

  /** One of the places there are for ejected members; false where all are taken. */
  #takePlace(): boolean {
    const share = Math.floor(this.#config.ejection.shareMax * this.members.length + ROUNDING);
    const placesMax = Math.max(1, share);
    for (;;) {
      const taken = this.#upstream.load(SlotField.EjectedCount);
      if (taken >= placesMax) return false;
      if (this.#upstream.swap(SlotField.EjectedCount, taken, taken + 1)) return true;
    }
  }

  /** The last one stays: five errors of a lone container must not become half a minute of none at all. */
  #isAnotherAvailable(member: Slot): boolean {
    return this.members.some(({ slot }) => slot.base !== member.base
      && slot.load(SlotField.Mode) === Mode.Up && slot.load(SlotField.Unhealthy) === 0
      && slot.load(SlotField.EjectedUntil) === 0 && slot.load(SlotField.Breaker) !== Breaker.Open);
  }
}

/** Lets a member back in whose `EjectedUntil` is set. Only the control plane may, which is why nothing here is retried. */
export function readmit(member: Slot, upstream: Slot): void {
  const isCounted = member.load(SlotField.Fails) !== PASSED_OVER;
  // Envoy starts counting anew as well, or the first failure would be the fifth.
  member.store(SlotField.FailuresInRow, 0);
  member.store(SlotField.FailsSince, 0);
  member.store(SlotField.Fails, 0);
  // Last, since from here on a worker may take it out again.
  member.store(SlotField.EjectedUntil, 0);
  if (isCounted) leavePlace(upstream);
}

/** Keeps a member out whose time is over, now because no connection can be made to it: that takes up no place. */
export function keepOut(member: Slot, upstream: Slot, until: number): void {
  const isCounted = member.load(SlotField.Fails) !== PASSED_OVER;
  member.store(SlotField.Fails, PASSED_OVER);
  member.store(SlotField.EjectedUntil, until);
  if (isCounted) leavePlace(upstream);
}

function leavePlace(upstream: Slot): void {
  for (;;) {
    const taken = upstream.load(SlotField.EjectedCount);
    if (taken <= 0 || upstream.swap(SlotField.EjectedCount, taken, taken - 1)) return;
  }
}
