import type { BreakerConfig } from '../config/upstream-config.ts';
import type { SharedWindow } from '../lib/shared-window.ts';
import { Breaker, Reason, SlotField, type Slot } from '../lib/slots.ts';
import { recordChange, ticksIn } from './state-change.ts';

/**
 * `ProbesLeft` of a half-open breaker holds two numbers, so that both change in one step: permits not yet
 * taken in the lower half, good probes still needed to close in the upper.
 */
const NEEDED_UNIT = 0x1_0000;
const LEFT_MASK = 0xffff;
const PROBES_MAX = 0x7fff;

/**
 * Circuit breaker of a member, or of an upstream as a whole, exact over all workers. Closed: calls pass
 * and are counted. Open: none passes. Half open: a few pass, all of which must be good.
 * Time moves it only from open to half open, which the control plane does.
 */
export class CircuitBreaker {
  /** What it judges by: the member's calls, or those of all members. */
  windows: readonly SharedWindow[];
  readonly #config: BreakerConfig;
  readonly #slot: Slot;
  readonly #upstream: Slot;
  readonly #windowSeconds: number;
  #judgedTick = 0;

  /**
   * @param slot the member's, or for an upstream as a whole its own.
   * @param upstream slot of the upstream, whose epoch tells the workers.
   */
  constructor(config: BreakerConfig, slot: Slot, upstream: Slot, windows: readonly SharedWindow[]) {
    this.#config = config;
    this.#slot = slot;
    this.#upstream = upstream;
    this.windows = windows;
    this.#windowSeconds = Math.ceil(config.windowMs / 1000);
  }

  get state(): number {
    return this.#slot.load(SlotField.Breaker);
  }

  /** Whether a call may be made. Half open, true takes a permit, which the call's end must use up or give back. */
  admits(): boolean {
    const { state } = this;
    return state === Breaker.Closed || (state === Breaker.HalfOpen && this.#takePermit());
  }

  /** For a call that was admitted and ended with no verdict. */
  giveBack(): void {
    while (this.state === Breaker.HalfOpen) {
      const probes = this.#slot.load(SlotField.ProbesLeft);
      // A permit of an earlier round must not become one more than there are good probes needed.
      if ((probes & LEFT_MASK) >= Math.floor(probes / NEEDED_UNIT)) return;
      if (this.#slot.swap(SlotField.ProbesLeft, probes, probes + 1)) return;
    }
  }

  /**
   * A call has ended and was counted in the windows.
   * @param second of the windows. @param mends makes the member start slowly when it is closed again.
   */
  settle(isGood: boolean, tick: number, second: number, mends: boolean): void {
    const { state } = this;
    if (state === Breaker.Closed) {
      if (!isGood) this.#judge(tick, second);
    } else if (state === Breaker.HalfOpen) {
      if (!isGood) this.#open(Breaker.HalfOpen, Reason.ProbeFailed, tick);
      else if (this.#countGood()) this.#close(tick, mends);
    }
  }

  /** Open → half open, or another round of probes where those of the last have not all come to an end. */
  probe(tick: number): void {
    const probes = Math.max(1, Math.min(this.#config.probes, PROBES_MAX));
    this.#slot.store(SlotField.ProbesLeft, probes * NEEDED_UNIT + probes);
    this.#slot.store(SlotField.BreakerUntil, tick + ticksIn(this.#config.openMs));
    if (this.#slot.swap(SlotField.Breaker, Breaker.Open, Breaker.HalfOpen)) recordChange(this.#slot, this.#upstream, Reason.TimeServed, tick);
  }

  #takePermit(): boolean {
    for (;;) {
      const probes = this.#slot.load(SlotField.ProbesLeft);
      if ((probes & LEFT_MASK) === 0) return false;
      if (this.#slot.swap(SlotField.ProbesLeft, probes, probes - 1)) return true;
    }
  }

  /** @returns true for the last good probe that was needed, once over all workers. */
  #countGood(): boolean {
    for (;;) {
      const probes = this.#slot.load(SlotField.ProbesLeft);
      if (probes < NEEDED_UNIT) return false;
      const after = probes - NEEDED_UNIT;
      if (this.#slot.swap(SlotField.ProbesLeft, probes, after)) return after < NEEDED_UNIT;
    }
  }

  /** Many windows are added up once per tick at most: a thousand members are not summed for each failing call. */
  #judge(tick: number, second: number): void {
    if (this.windows.length > 1 && this.#judgedTick === tick) return;
    this.#judgedTick = tick;
    let calls = 0;
    let errors = 0;
    let slow = 0;
    for (const window of this.windows) {
      const sum = window.sum(second, this.#windowSeconds);
      calls += sum.first;
      errors += sum.second;
      slow += sum.third;
    }
    const { requestsMin, errorShare, slowShare } = this.#config;
    if (calls < requestsMin || calls === 0) return;
    if (errorShare > 0 && errors >= errorShare * calls) this.#open(Breaker.Closed, Reason.ErrorRate, tick);
    else if (slowShare > 0 && slow >= slowShare * calls) this.#open(Breaker.Closed, Reason.SlowCalls, tick);
  }

  /** The time is written before the state, so that nobody sees it open with a time of long ago. */
  #open(from: number, reason: number, tick: number): void {
    this.#slot.store(SlotField.BreakerUntil, tick + ticksIn(this.#config.openMs));
    if (this.#slot.swap(SlotField.Breaker, from, Breaker.Open)) recordChange(this.#slot, this.#upstream, reason, tick);
  }

  /** What was counted before it opened is forgotten, or the next failure would open it again. */
  #close(tick: number, mends: boolean): void {
    for (const window of this.windows) window.clear();
    this.#slot.store(SlotField.FailuresInRow, 0);
    if (mends) this.#slot.store(SlotField.SlowStartFrom, tick);
    if (this.#slot.swap(SlotField.Breaker, Breaker.HalfOpen, Breaker.Closed)) recordChange(this.#slot, this.#upstream, Reason.ProbesPassed, tick);
  }
}
