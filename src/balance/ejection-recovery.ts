import { Reason, SlotField, type Slot } from '../lib/slots.ts';
import type { Check, CheckResult } from './check-runs.ts';
import { keepOut, PASSED_OVER, readmit } from './ejection.ts';
import type { WatchedUpstream } from './health-check.ts';
import type { MemberSpec } from './member.ts';
import type { RecoveryServices } from './recovery-services.ts';
import { recordChange, ticksIn } from './state-change.ts';
import { createTcpCheck } from './tcp-check.ts';

/** How often it is tried whether a member that is out takes connections. */
const PROBE_EVERY_MS = 250;
const PROBE_TIMEOUT_MS = 1000;
/** Envoy's interval: after each of these without an ejection the next one is shorter again by one step. */
const DECAY_MS = 10_000;
const CONNECTIONS_FAIL = 'connections to it failed, out until it accepts one';

/**
 * Looks after one member that workers may take out. It is back when its time is over, or as soon as it takes
 * connections after it did not, or its checks are good after they were not: then it was started anew or is
 * mended, and what it did before says nothing about it.
 */
export class EjectionRecovery {
  readonly #services: RecoveryServices;
  readonly #slot: Slot;
  readonly #tell: (message: string, reason: string) => void;
  readonly #check: Check;
  #upstream: WatchedUpstream;
  /** `EjectedUntil` as it was seen last. */
  #until = 0;
  #outForMs = 0;
  /** Monotonic milliseconds, like all moments here: a wall clock that jumps must not keep a member out for hours. */
  #backMs = Infinity;
  #decayMs: number;
  #probeMs = 0;
  #probeFailed = false;
  /** Its checks said so at the last tick. */
  #wasUnhealthy = false;
  #stopProbe: (() => void) | null = null;

  /** @param tell notes the reason and logs the message with it. */
  constructor(upstream: WatchedUpstream, member: MemberSpec, tell: (message: string, reason: string) => void, services: RecoveryServices) {
    this.#upstream = upstream;
    this.#services = services;
    this.#slot = services.slots.slot(member.slot);
    this.#tell = tell;
    this.#check = createTcpCheck(member, upstream.config, null);
    this.#decayMs = services.clock.monotonicMs() + DECAY_MS;
  }

  /** Holds one of the places for ejected members. */
  get isCounted(): boolean {
    return this.#slot.load(SlotField.EjectedUntil) !== 0 && !this.#isPassedOver;
  }

  /** Options after a reload. */
  configure(upstream: WatchedUpstream): void {
    this.#upstream = upstream;
  }

  tick(): void {
    const nowMs = this.#services.clock.monotonicMs();
    const until = this.#slot.load(SlotField.EjectedUntil);
    const isMended = this.#wasUnhealthy && this.#slot.load(SlotField.Unhealthy) === 0;
    this.#wasUnhealthy = this.#slot.load(SlotField.Unhealthy) !== 0;
    if (until === 0) {
      this.close();
      this.#until = 0;
      this.#decay(nowMs);
      return;
    }
    if (until !== this.#until) this.#onOut(until, nowMs);
    if (isMended) this.#back(Reason.CheckPassed, 'its checks are good again');
    else if (nowMs >= this.#backMs) this.#onTime(nowMs);
    else this.#probe(nowMs);
  }

  close(): void {
    this.#stopProbe?.();
    this.#stopProbe = null;
  }

  get #isPassedOver(): boolean {
    return this.#slot.load(SlotField.Fails) === PASSED_OVER;
  }

  get #upstreamSlot(): Slot {
    return this.#services.slots.slot(this.#upstream.slot);
  }

  get #tickNow(): number {
    return this.#services.slots.tickOf(this.#services.clock.now());
  }

  #onOut(until: number, nowMs: number): void {
    this.#until = until;
    this.#outForMs = (until - this.#slot.load(SlotField.ChangedAt)) * 100;
    this.#backMs = nowMs + Math.max(0, until - this.#tickNow) * 100;
    this.#probeMs = nowMs;
    this.#probeFailed = false;
    if (this.#isPassedOver) {
      this.#tell('a target is out', CONNECTIONS_FAIL);
      this.#services.onConnectFailed(this.#upstream.config.name);
    } else {
      this.#tell('a target is out', `${this.#slot.load(SlotField.FailuresInRow)} failures in a row, out for ${this.#outForMs / 1000} s`);
    }
  }

  /** What is known to take no connections stays out, without an end: no request need find that out again. */
  #onTime(nowMs: number): void {
    const { failsMax, failTimeoutMs } = this.#upstream.config;
    if (!this.#probeFailed || failsMax === 0 || failTimeoutMs === 0) {
      this.#back(Reason.TimeServed, `its ${this.#outForMs / 1000} s were over`);
      return;
    }
    const tick = this.#tickNow;
    const wasEjected = !this.#isPassedOver;
    this.#backMs = nowMs + failTimeoutMs;
    this.#until = tick + ticksIn(failTimeoutMs);
    keepOut(this.#slot, this.#upstreamSlot, this.#until);
    if (!wasEjected) return;
    recordChange(this.#slot, this.#upstreamSlot, Reason.ConnectFailed, tick);
    this.#tell('a target stays out', CONNECTIONS_FAIL);
    this.#services.onConnectFailed(this.#upstream.config.name);
  }

  #probe(nowMs: number): void {
    if (this.#stopProbe !== null || nowMs < this.#probeMs) return;
    this.#probeMs = Math.max(this.#probeMs + PROBE_EVERY_MS, nowMs);
    this.#stopProbe = this.#services.probes.add(this.#check, PROBE_TIMEOUT_MS, (result) => this.#onProbe(result));
  }

  #onProbe({ isGood }: CheckResult): void {
    this.#stopProbe = null;
    const isNew = isGood && (this.#probeFailed || this.#isPassedOver);
    this.#probeFailed = !isGood;
    if (isNew && this.#slot.load(SlotField.EjectedUntil) !== 0) this.#back(Reason.CheckPassed, 'it accepts connections again');
  }

  #back(reason: number, words: string): void {
    this.close();
    this.#until = 0;
    this.#decayMs = this.#services.clock.monotonicMs() + DECAY_MS;
    const tick = this.#tickNow;
    const upstream = this.#upstreamSlot;
    if (this.#upstream.config.slowStartMs > 0) this.#slot.store(SlotField.SlowStartFrom, tick);
    readmit(this.#slot, upstream);
    recordChange(this.#slot, upstream, reason, tick);
    this.#tell('a target is back', words);
  }

  #decay(nowMs: number): void {
    if (nowMs < this.#decayMs) return;
    this.#decayMs = nowMs + DECAY_MS;
    const times = this.#slot.load(SlotField.Ejections);
    if (times > 0) this.#slot.swap(SlotField.Ejections, times, times - 1);
  }
}
