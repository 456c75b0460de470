import type { UpstreamConfig } from '../config/upstream-config.ts';
import type { Clock } from '../lib/clock.ts';
import { Slots, type SlotMemory } from '../lib/slots.ts';
import type { Logger } from '../observe/logger.ts';
import { breakerStatus, type BreakerStatus } from './breaker-status.ts';
import { HealthChecks } from './health-check.ts';
import type { MemberStatus } from './member-status.ts';
import type { MemberSpec } from './member.ts';
import { askNewcomers } from './newcomers.ts';
import { Recovery } from './recovery.ts';
import { Roster, type RosterGeneration } from './roster.ts';
import type { OperatorMode } from './upstream-members.ts';

interface FleetOptions {
  readonly memory: SlotMemory;
  readonly clock: Clock;
  readonly logger: Logger;
  /** An upstream has other members than before, in the generation of this roster id. */
  readonly onMembers: (rosterId: number, upstream: string, members: readonly MemberSpec[]) => void;
}

/** What the control plane does for upstreams, in one piece: names, active checks, and the way back of members that were out. */
export class Fleet {
  readonly slots: Slots;
  readonly #clock: Clock;
  readonly #roster: Roster;
  readonly #checks: HealthChecks;
  readonly #recovery: Recovery;

  constructor({ memory, clock, logger, onMembers }: FleetOptions) {
    this.slots = new Slots(memory, 0);
    this.#clock = clock;
    const { slots } = this;
    this.#roster = new Roster({
      clock,
      logger,
      slots,
      onChange: (upstream, members, rosterId) => {
        onMembers(rosterId, upstream, members);
        this.#watch();
      },
    });
    const { notes } = this.#roster;
    this.#checks = new HealthChecks({ clock, logger, slots, notes });
    this.#recovery = new Recovery({ clock, logger, slots, notes, onConnectFailed: (upstream) => this.#roster.connectFailed(upstream) });
  }

  /**
   * Finds the members of a generation and begins to check them, before any worker knows of it. Waits at most
   * 2 s for names.
   * @throws RangeError where there are more members than slots.
   */
  async prepare(upstreams: readonly UpstreamConfig[]): Promise<RosterGeneration> {
    const generation = await this.#roster.prepare(upstreams);
    this.#watch();
    return generation;
  }

  /**
   * Asks whoever is new since the generation before, for 2 s at most.
   * @returns a sentence for each target that does not answer.
   */
  async askNew(generation: RosterGeneration, before: RosterGeneration): Promise<readonly string[]> {
    return askNewcomers(this.#roster.upstreamsOf(generation), this.#roster.upstreamsOf(before), this.#clock);
  }

  /** The generation is in force: from now on its options for checks and ejections count. */
  adopt(generation: RosterGeneration): void {
    this.#roster.adopt(generation);
    this.#watch();
  }

  /** A generation with the members it has by now, for a worker that is started late. */
  latest(generation: RosterGeneration): RosterGeneration {
    return this.#roster.latest(generation);
  }

  /** No worker has requests in the generation any more, or it was never wanted. */
  release(generation: RosterGeneration): void {
    this.#roster.release(generation);
    this.#watch();
  }

  /**
   * Takes a member, or all addresses of a target, out of service or back: `drain` lets those finish who are
   * bound to it, `down` nobody. @returns false where there is none of that name.
   */
  setMode(upstream: string, target: string, mode: OperatorMode): boolean {
    return this.#roster.setMode(upstream, target, mode);
  }

  /** Active checks have had a first result each. */
  get isChecked(): boolean {
    return this.#checks.isSettled;
  }

  status(): readonly MemberStatus[] {
    return this.#roster.status();
  }

  /** Of the upstreams that have a breaker for the whole. */
  breakers(): readonly BreakerStatus[] {
    return breakerStatus(this.#roster.upstreams(), this.slots);
  }

  close(): void {
    this.#roster.close();
    this.#checks.close();
    this.#recovery.close();
  }

  #watch(): void {
    const upstreams = this.#roster.upstreams();
    this.#checks.apply(upstreams);
    this.#recovery.apply(upstreams);
  }
}
