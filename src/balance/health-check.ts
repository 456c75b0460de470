import type { HealthConfig, UpstreamConfig } from '../config/upstream-config.ts';
import type { Clock } from '../lib/clock.ts';
import { Reason, SlotField, type Slots } from '../lib/slots.ts';
import type { Logger } from '../observe/logger.ts';
import { CheckRuns, type Check, type CheckResult } from './check-runs.ts';
import { createH2Check } from './h2-check.ts';
import { createHttpCheck } from './http-check.ts';
import { HealthCount } from './health-count.ts';
import type { MemberNotes } from './member-notes.ts';
import type { MemberSpec } from './member.ts';
import { recordChange } from './state-change.ts';
import { createTcpCheck } from './tcp-check.ts';

const TICK_MS = 100;
/** Checks at once, over all upstreams: each is a socket of the main thread. */
const RUNS_MAX = 64;
/** Of the interval, to either side, so that checks do not march in step. */
const JITTER_SHARE = 0.1;

/** An upstream as checks and recovery see it. */
export interface WatchedUpstream {
  readonly config: UpstreamConfig;
  /** Of the upstream itself. */
  readonly slot: number;
  readonly members: readonly MemberSpec[];
}

interface HealthChecksOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly slots: Slots;
  readonly notes: MemberNotes;
  /** 0 ≤ x < 1. Default `Math.random`. */
  readonly random?: () => number;
}

/** The checks of one member. */
interface Schedule {
  readonly identity: string;
  readonly health: HealthConfig;
  readonly check: Check;
  readonly count: HealthCount;
  member: MemberSpec;
  upstream: WatchedUpstream;
  /** Monotonic milliseconds; Infinity while a check runs or waits for its turn. */
  dueMs: number;
  hasResult: boolean;
  cancel: () => void;
}

/**
 * Active checks of all members, once for all workers. A member is checked as soon as it is known and then
 * every `everyMs`, ± 10 %. As in HAProxy one bad first result takes it out and one good one makes it fully
 * healthy; later `fall` bad ones in a row take it out and `rise` good ones bring it back.
 */
export class HealthChecks {
  readonly #options: HealthChecksOptions;
  readonly #random: () => number;
  readonly #runs: CheckRuns;
  /** By slot of the member. */
  readonly #schedules = new Map<number, Schedule>();
  readonly #stopTicking: () => void;

  constructor(options: HealthChecksOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#runs = new CheckRuns(options.clock, RUNS_MAX);
    this.#stopTicking = options.clock.every(TICK_MS, () => this.#tick());
  }

  /** What is to be checked from now on. A member whose checks are the same as before goes on with its counts. */
  apply(upstreams: readonly WatchedUpstream[]): void {
    const gone = new Map(this.#schedules);
    for (const upstream of upstreams) {
      const { health } = upstream.config;
      for (const member of upstream.members) {
        if (health === null) this.#absolve(upstream, member);
        else if (this.#keep(upstream, member, health)) gone.delete(member.slot);
      }
    }
    for (const [slot, schedule] of gone) {
      schedule.cancel();
      if (this.#schedules.get(slot) === schedule) this.#schedules.delete(slot);
    }
    this.#startDue();
  }

  /** Every member that is to be checked has been, once at least. */
  get isSettled(): boolean {
    return [...this.#schedules.values()].every(({ hasResult }) => hasResult);
  }

  close(): void {
    this.#stopTicking();
    this.#schedules.clear();
    this.#runs.close();
  }

  /** @returns true where the schedule there was goes on. */
  #keep(upstream: WatchedUpstream, member: MemberSpec, health: HealthConfig): boolean {
    const { target, address, port } = member;
    const identity = JSON.stringify([health, upstream.config.tls, target, address, port]);
    const known = this.#schedules.get(member.slot);
    if (known?.identity === identity) {
      known.member = member;
      known.upstream = upstream;
      return true;
    }
    const { clock, slots } = this.#options;
    const wasHealthy = slots.slot(member.slot).load(SlotField.Unhealthy) === 0;
    this.#schedules.set(member.slot, {
      identity,
      health,
      check: checkOf(upstream, member, health),
      count: new HealthCount(health.rise, health.fall, wasHealthy),
      member,
      upstream,
      dueMs: clock.monotonicMs(),
      hasResult: false,
      cancel: () => undefined,
    });
    return false;
  }

  /** Checks that were switched off must not leave a member out that nobody would bring back. */
  #absolve(upstream: WatchedUpstream, member: MemberSpec): void {
    const { slots, notes, clock } = this.#options;
    const slot = slots.slot(member.slot);
    if (!slot.swap(SlotField.Unhealthy, 1, 0)) return;
    const nowMs = clock.now();
    recordChange(slot, slots.slot(upstream.slot), Reason.CheckPassed, slots.tickOf(nowMs));
    notes.note(member.slot, 'it is not checked any more', nowMs, 'checks');
  }

  #tick(): void {
    this.#runs.expire();
    this.#startDue();
  }

  #startDue(): void {
    const nowMs = this.#options.clock.monotonicMs();
    for (const schedule of this.#schedules.values()) {
      if (schedule.dueMs > nowMs) continue;
      schedule.dueMs = Infinity;
      schedule.cancel = this.#runs.add(schedule.check, schedule.health.timeoutMs, (result, tookMs) => this.#onResult(schedule, result, tookMs));
    }
  }

  #onResult(schedule: Schedule, result: CheckResult, tookMs: number): void {
    const { clock, notes } = this.#options;
    const { member, health, count } = schedule;
    schedule.hasResult = true;
    const startedMs = clock.monotonicMs() - tookMs;
    schedule.dueMs = startedMs + health.everyMs * (1 + JITTER_SHARE * (2 * this.#random() - 1));
    notes.lastCheck(member.slot, `${result.isGood ? 'passed' : 'failed'}: ${result.text} (${Math.round(tookMs)} ms)`, clock.now());
    if (!count.add(result.isGood)) return;
    const times = count.inRow > 1 ? ` (${count.inRow} in a row)` : '';
    this.#change(schedule, count.isHealthy, `check ${result.isGood ? 'passed' : 'failed'}: ${result.text}${times}`);
  }

  #change({ member, upstream }: Schedule, isHealthy: boolean, reason: string): void {
    const { clock, logger, notes, slots } = this.#options;
    const slot = slots.slot(member.slot);
    if (!slot.swap(SlotField.Unhealthy, isHealthy ? 1 : 0, isHealthy ? 0 : 1)) return;
    const nowMs = clock.now();
    const tick = slots.tickOf(nowMs);
    if (isHealthy && upstream.config.slowStartMs > 0) slot.store(SlotField.SlowStartFrom, tick);
    recordChange(slot, slots.slot(upstream.slot), isHealthy ? Reason.CheckPassed : Reason.CheckFailed, tick);
    notes.note(member.slot, reason, nowMs, 'checks');
    logger.info(isHealthy ? 'a target is healthy again' : 'a target is unhealthy', { upstream: upstream.config.name, target: member.key, reason });
  }
}

/** @throws Error where `health.body` is no RE2 pattern. */
export function checkOf({ config }: WatchedUpstream, member: MemberSpec, health: HealthConfig): Check {
  if (health.kind === 'tcp') return createTcpCheck(member, config, health.port);
  return config.protocol === 'h2' ? createH2Check(member, config.tls, health) : createHttpCheck(member, config.tls, health);
}
