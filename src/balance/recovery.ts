import type { BreakerConfig, UpstreamConfig } from '../config/upstream-config.ts';
import type { Clock } from '../lib/clock.ts';
import { SlotField, type Slot, type Slots } from '../lib/slots.ts';
import type { Logger } from '../observe/logger.ts';
import { BreakerRecovery } from './breaker-recovery.ts';
import { CheckRuns } from './check-runs.ts';
import { EjectionRecovery } from './ejection-recovery.ts';
import type { WatchedUpstream } from './health-check.ts';
import type { MemberNotes } from './member-notes.ts';
import type { MemberSpec } from './member.ts';
import type { RecoveryServices } from './recovery-services.ts';

const TICK_MS = 100;
/** Connection probes at once, over all upstreams; the others wait their turn. */
const PROBES_MAX = 32;

interface RecoveryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly slots: Slots;
  readonly notes: MemberNotes;
  /** Connections to a member of this upstream failed, so its names are worth another look. Default: nothing. */
  readonly onConnectFailed?: (upstream: string) => void;
}

interface WatchedMember {
  readonly identity: string;
  readonly ejection: EjectionRecovery;
  readonly breaker: BreakerRecovery;
}

interface WatchedWhole {
  readonly slot: Slot;
  readonly breaker: BreakerRecovery;
  members: readonly WatchedMember[];
  /** Count, true count and epoch of the last tick. */
  seen: readonly [taken: number, counted: number, epoch: number];
}

/**
 * The way back: what workers took out at once, the control plane lets in again when its time is over, when
 * it takes connections, or when the probes of its breaker may begin. It also puts into words what workers did.
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  readonly #services: RecoveryServices;
  /** By slot of the member. */
  #members = new Map<number, WatchedMember>();
  /** By slot of the upstream. */
  #wholes = new Map<number, WatchedWhole>();
  readonly #stopTicking: () => void;

  constructor(options: RecoveryOptions) {
    const { clock, slots, onConnectFailed } = options;
    this.#options = options;
    this.#services = {
      clock,
      slots,
      probes: new CheckRuns(clock, PROBES_MAX),
      onConnectFailed: (upstream) => onConnectFailed?.(upstream),
    };
    this.#stopTicking = clock.every(TICK_MS, () => this.#tick());
  }

  /** Whom to look after from now on; members that were known go on as they were. */
  apply(upstreams: readonly WatchedUpstream[]): void {
    const before = this.#members;
    this.#members = new Map();
    const wholes = new Map<number, WatchedWhole>();
    for (const upstream of upstreams) {
      const whole = this.#wholes.get(upstream.slot) ?? this.#watchWhole(upstream);
      whole.breaker.configure(wholeBreaker(upstream.config));
      whole.members = upstream.members.map((member) => this.#watchMember(upstream, member, before));
      wholes.set(upstream.slot, whole);
    }
    this.#wholes = wholes;
    const kept = new Set(this.#members.values());
    for (const member of before.values()) if (!kept.has(member)) member.ejection.close();
  }

  close(): void {
    this.#stopTicking();
    this.#members.clear();
    this.#wholes.clear();
    this.#services.probes.close();
  }

  #watchWhole({ config, slot: number }: WatchedUpstream): WatchedWhole {
    const slot = this.#services.slots.slot(number);
    const tell = this.#teller(number, { upstream: config.name });
    const breaker = new BreakerRecovery(wholeBreaker(config), slot, slot, tell, this.#services);
    return { slot, breaker, members: [], seen: [0, 0, 0] };
  }

  #watchMember(upstream: WatchedUpstream, member: MemberSpec, before: ReadonlyMap<number, WatchedMember>): WatchedMember {
    const { config } = upstream;
    const identity = JSON.stringify([config.name, config.tls, member, upstream.slot]);
    const known = before.get(member.slot);
    const watched = known?.identity === identity ? known : this.#watch(upstream, member, identity);
    watched.ejection.configure(upstream);
    watched.breaker.configure(config.breaker);
    this.#members.set(member.slot, watched);
    return watched;
  }

  #watch(upstream: WatchedUpstream, member: MemberSpec, identity: string): WatchedMember {
    const { slots } = this.#services;
    const tell = this.#teller(member.slot, { upstream: upstream.config.name, target: member.key });
    return {
      identity,
      ejection: new EjectionRecovery(upstream, member, tell, this.#services),
      breaker: new BreakerRecovery(upstream.config.breaker, slots.slot(member.slot), slots.slot(upstream.slot), tell, this.#services),
    };
  }

  #teller(slotNumber: number, subject: { readonly upstream: string; readonly target?: string }): (message: string, reason: string) => void {
    const { clock, logger, notes } = this.#options;
    return (message, reason) => {
      notes.note(slotNumber, reason, clock.now());
      logger.info(message, { ...subject, reason });
    };
  }

  #tick(): void {
    this.#services.probes.expire();
    for (const member of this.#members.values()) {
      member.ejection.tick();
      member.breaker.tick();
    }
    for (const whole of this.#wholes.values()) {
      whole.breaker.tick();
      reconcile(whole);
    }
  }
}

/**
 * Workers count who is ejected in steps, and one that dies between two, or a member that vanishes while it
 * is out, would leave a place taken for good. What is wrong and has not moved for a whole tick is such a
 * remainder, and is set right.
 */
function reconcile(whole: WatchedWhole): void {
  const { slot, members, seen } = whole;
  const taken = slot.load(SlotField.EjectedCount);
  const epoch = slot.load(SlotField.Epoch);
  let counted = 0;
  for (const { ejection } of members) if (ejection.isCounted) counted += 1;
  const isStill = seen[0] === taken && seen[1] === counted && seen[2] === epoch;
  if (taken !== counted && isStill) slot.swap(SlotField.EjectedCount, taken, counted);
  if (!isStill) whole.seen = [taken, counted, epoch];
}

function wholeBreaker({ breaker }: UpstreamConfig): BreakerConfig | null {
  return breaker?.upstream === true ? breaker : null;
}
