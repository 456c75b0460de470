import type { BreakerConfig } from '../config/upstream-config.ts';
import { Breaker, Reason, SlotField, type Slot } from '../lib/slots.ts';
import { CircuitBreaker } from './breaker.ts';
import { reasonWords } from './reason-words.ts';
import type { RecoveryServices } from './recovery-services.ts';
import { recordChange } from './state-change.ts';

/** Looks after one breaker from the control plane: half open when its time is over, and words for what it does. */
export class BreakerRecovery {
  readonly #services: RecoveryServices;
  readonly #slot: Slot;
  readonly #upstream: Slot;
  readonly #tell: (message: string, reason: string) => void;
  #config: BreakerConfig | null;
  #seen: number = Breaker.Closed;
  #until = 0;
  /** Monotonic milliseconds: a wall clock that jumps must not keep it open for hours. */
  #dueMs = Infinity;

  /**
   * @param slot the member's, or for an upstream as a whole its own. @param upstream slot of the upstream.
   * @param tell notes the reason and logs the message with it.
   */
  constructor(config: BreakerConfig | null, slot: Slot, upstream: Slot, tell: (message: string, reason: string) => void, services: RecoveryServices) {
    this.#config = config;
    this.#slot = slot;
    this.#upstream = upstream;
    this.#tell = tell;
    this.#services = services;
  }

  /** Options after a reload. Null: there is no breaker any more. */
  configure(config: BreakerConfig | null): void {
    this.#config = config;
  }

  tick(): void {
    const state = this.#slot.load(SlotField.Breaker);
    if (state === Breaker.Closed && this.#seen === Breaker.Closed) return;
    if (this.#config === null) this.#switchOff(state);
    else this.#follow(state, this.#config);
  }

  #follow(state: number, config: BreakerConfig): void {
    const { clock, slots } = this.#services;
    const tick = slots.tickOf(clock.now());
    const until = this.#slot.load(SlotField.BreakerUntil);
    if (until !== this.#until) {
      this.#until = until;
      this.#dueMs = clock.monotonicMs() + Math.max(0, until - tick) * 100;
    }
    if (state !== this.#seen) this.#say(state, config);
    this.#seen = state;
    if (state === Breaker.Closed || clock.monotonicMs() < this.#dueMs) return;
    new CircuitBreaker(config, this.#slot, this.#upstream, []).probe(tick);
    this.#seen = this.#slot.load(SlotField.Breaker);
    if (state === Breaker.Open) this.#say(Breaker.HalfOpen, config);
  }

  #say(state: number, { openMs, probes }: BreakerConfig): void {
    const reason = reasonWords(this.#slot.load(SlotField.Reason));
    if (state === Breaker.Open) this.#tell('a breaker opened', `${reason}, open for ${openMs / 1000} s`);
    else if (state === Breaker.HalfOpen) this.#tell('a breaker is half open', `its ${openMs / 1000} s were over, ${probes} probes decide`);
    else this.#tell('a breaker closed', reason);
  }

  /** Without its breaker nobody would let the member in again. */
  #switchOff(state: number): void {
    this.#seen = Breaker.Closed;
    if (state === Breaker.Closed) return;
    const { clock, slots } = this.#services;
    this.#slot.store(SlotField.Breaker, Breaker.Closed);
    recordChange(this.#slot, this.#upstream, Reason.Operator, slots.tickOf(clock.now()));
    this.#tell('a breaker closed', 'its breaker was switched off');
  }
}
