import type { UpstreamConfig } from '../config/upstream-config.ts';
import { SharedWindow } from '../lib/shared-window.ts';
import { SlotField, type Slot } from '../lib/slots.ts';
import type { OutcomeRecorder } from '../upstream/upstream-runtime.ts';
import { CircuitBreaker } from './breaker.ts';
import { Ejection } from './ejection.ts';
import type { Candidate } from './member.ts';
import { RetryBudget } from './retry-budget.ts';

type Called = Pick<Candidate, 'slot'>;

interface Circuit {
  readonly window: SharedWindow;
  readonly breaker: CircuitBreaker;
}

/**
 * What one worker has to say of the calls to an upstream's members, and what follows from it for all
 * workers: ejection, breakers, retry budget. Every call that was admitted ends in exactly one of
 * `succeeded`, `failed`, `connectFailed` and `abandoned`.
 */
export class Outcomes implements OutcomeRecorder {
  readonly #config: UpstreamConfig;
  readonly #upstream: Slot;
  readonly #tick: () => number;
  readonly #ejection: Ejection;
  readonly #budget: RetryBudget;
  /** Breaker of the upstream as a whole; null: it has none. */
  readonly #whole: CircuitBreaker | null;
  /** By slot, so that a member that is not listed any more still has its own while calls to it last. */
  readonly #circuits = new WeakMap<Slot, Circuit>();

  /**
   * @param upstream the upstream's own slot.
   * @param tick the present tick: `() => slots.tickOf(clock.now())`.
   */
  constructor(config: UpstreamConfig, upstream: Slot, tick: () => number) {
    this.#config = config;
    this.#upstream = upstream;
    this.#tick = tick;
    this.#ejection = new Ejection(config, upstream);
    this.#budget = new RetryBudget(config.retry.budgetShare, upstream);
    const { breaker } = config;
    this.#whole = breaker?.upstream === true ? new CircuitBreaker(breaker, upstream, upstream, []) : null;
  }

  /** All members there are now, available or not. To be called before the first call and whenever the list changes. */
  useMembers(members: readonly Called[]): void {
    this.#ejection.members = members;
    if (this.#whole !== null) this.#whole.windows = members.map(({ slot }) => new SharedWindow(slot, SlotField.Window));
  }

  /** One per client request, whatever becomes of it: what the retry budget is a share of. */
  countRequest(): void {
    this.#budget.countRequest(secondOf(this.#tick()));
  }

  /** Whether the budget has a retry or a hedged call left; true takes it. */
  retryAllowed(): boolean {
    return this.#budget.take(secondOf(this.#tick()));
  }

  /** Whether the breakers let a call to this member pass; true may take one of the few permits of a half-open one. */
  admitted(member: Called): boolean {
    const circuit = this.#circuitOf(member.slot);
    if (circuit === null) return true;
    if (this.#whole !== null && !this.#whole.admits()) return false;
    if (circuit.breaker.admits()) return true;
    this.#whole?.giveBack();
    return false;
  }

  /** @param durationMs from the call to the head of its answer. */
  succeeded(member: Called, durationMs: number): void {
    const { slot } = member;
    slot.add(SlotField.Requests, 1);
    this.#ejection.succeeded(slot);
    const { breaker } = this.#config;
    if (breaker !== null) this.#settle(slot, this.#tick(), false, breaker.slowShare > 0 && durationMs > breaker.slowMs);
  }

  /**
   * The call was sent and came to nothing.
   * @param kind cut; not answered in time, which counts as slow too; or answered with a status that is a failure.
   */
  failed(member: Called, kind: 'reset' | 'timeout' | 'status'): void {
    const tick = this.#countFailure(member.slot);
    this.#ejection.failed(member.slot, tick);
    this.#settle(member.slot, tick, true, kind === 'timeout');
  }

  /** Nothing was sent: no connection could be made. */
  connectFailed(member: Called): void {
    const tick = this.#countFailure(member.slot);
    this.#ejection.connectFailed(member.slot, tick);
    this.#settle(member.slot, tick, true, false);
  }

  /** The call ended with no verdict on the member: it was not made after all, or nobody waited for its answer. */
  abandoned(member: Called): void {
    const circuit = this.#circuitOf(member.slot);
    if (circuit === null) return;
    this.#whole?.giveBack();
    circuit.breaker.giveBack();
  }

  #countFailure(slot: Slot): number {
    slot.add(SlotField.Requests, 1);
    slot.add(SlotField.Failures, 1);
    return this.#tick();
  }

  #settle(slot: Slot, tick: number, isError: boolean, isSlow: boolean): void {
    const circuit = this.#circuitOf(slot);
    if (circuit === null) return;
    const second = secondOf(tick);
    circuit.window.add(second, 1, isError ? 1 : 0, isSlow ? 1 : 0);
    const isGood = !isError && !isSlow;
    circuit.breaker.settle(isGood, tick, second, this.#config.slowStartMs > 0);
    this.#whole?.settle(isGood, tick, second, false);
  }

  #circuitOf(slot: Slot): Circuit | null {
    const config = this.#config.breaker;
    if (config === null) return null;
    const known = this.#circuits.get(slot);
    if (known !== undefined) return known;
    const window = new SharedWindow(slot, SlotField.Window);
    const circuit = { window, breaker: new CircuitBreaker(config, slot, this.#upstream, [window]) };
    this.#circuits.set(slot, circuit);
    return circuit;
  }
}

/** Seconds for the shared windows, which want them above 0. */
function secondOf(tick: number): number {
  return 1 + Math.floor(tick / 10);
}
