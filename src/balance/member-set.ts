import type { UpstreamConfig } from '../config/upstream-config.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { Mode, SlotField, type Slot, type Slots } from '../lib/slots.ts';
import type { Member } from '../upstream/member.ts';
import { isAvailable } from './availability.ts';
import type { Balancer, EligibleList, PickQuestion } from './balancer.ts';

/** A member that just came back is given at least this share of its turns, so that it is warmed up at all. */
const SLOW_START_SHARE_MIN = 0.1;
const NOBODY: EligibleList<Member> = { candidates: [], all: [] };

export interface MemberSetServices {
  readonly slots: Slots;
  readonly balancer: Balancer<Member>;
  /** 0 ≤ x < 1. */
  random(): number;
  nowMs(): number;
}

/**
 * The members of one upstream in one worker, and who of them can be chosen. The list of eligible ones is
 * made anew only when somebody, in whatever thread, has changed a state and bumped the epoch.
 */
export class MemberSet {
  readonly #config: UpstreamConfig;
  readonly #slot: Slot;
  readonly #services: MemberSetServices;
  #members: readonly Member[] = [];
  #list = NOBODY;
  #epoch = -1;

  /** @param slot the upstream's own. */
  constructor(config: UpstreamConfig, slot: Slot, services: MemberSetServices) {
    this.#config = config;
    this.#slot = slot;
    this.#services = services;
  }

  get members(): readonly Member[] {
    return this.#members;
  }

  /** Another list of addresses; a member that is in both stays the same object. */
  replace(members: readonly Member[]): void {
    this.#members = members;
    this.#epoch = -1;
  }

  /** How many can be chosen now. */
  get eligibleCount(): number {
    return this.#eligible().candidates.length;
  }

  /** True once after every change of who is eligible; for whoever waits for one. */
  get epoch(): number {
    return this.#slot.load(SlotField.Epoch);
  }

  /**
   * @param tried not to be chosen again for this request.
   * @param admits a last word on each choice: a full or half-open member may say no.
   * @returns null where nobody is left.
   */
  pick(exchange: Exchange, tried: readonly Member[], admits: (member: Member) => boolean): Member | null {
    const list = this.#eligible();
    let excluded = tried;
    for (let left = list.candidates.length; left > 0; left -= 1) {
      const member = this.#warm(list, exchange, excluded);
      if (member === null) return null;
      if (admits(member)) return member;
      excluded = [...excluded, member];
    }
    return null;
  }

  headersFor(exchange: Exchange, chosen: Member): readonly string[] | null {
    return this.#services.balancer.headersFor?.(chosen, { exchange, tried: [] }) ?? null;
  }

  /** One choice; a member in slow start passes its turn on as often as it is still cold. */
  #warm(list: EligibleList<Member>, exchange: Exchange, tried: readonly Member[]): Member | null {
    const { balancer, random } = this.#services;
    const member = balancer.pick(list, { exchange, tried });
    if (member === null || this.#config.slowStartMs === 0) return member;
    const since = member.slot.load(SlotField.SlowStartFrom);
    if (since === 0) return member;
    const { slots, nowMs } = this.#services;
    const share = (nowMs() - slots.msOf(since)) / this.#config.slowStartMs;
    if (share >= 1) {
      member.slot.swap(SlotField.SlowStartFrom, since, 0);
      return member;
    }
    if (random() < Math.max(share, SLOW_START_SHARE_MIN)) return member;
    return balancer.pick(list, { exchange, tried: [...tried, member] }) ?? member;
  }

  #eligible(): EligibleList<Member> {
    const epoch = this.#slot.load(SlotField.Epoch);
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#list = { candidates: this.#choose(), all: this.#members };
    }
    return this.#list;
  }

  #choose(): readonly Member[] {
    const up = this.#members.filter(({ slot }) => slot.load(SlotField.Mode) === Mode.Up);
    const available = up.filter(isAvailable);
    const { panicShare, hold } = this.#config;
    const tooFew = up.length > 0 && available.length / up.length < panicShare;
    // A suspicion must not make an upstream unreachable: where nobody is well, all are tried, unless requests may wait.
    if (tooFew || (available.length === 0 && hold.waitMs === 0)) return preferred(up);
    return preferred(available);
  }
}

function isAvailable({ slot }: Member): boolean {
  return slot.load(SlotField.Unhealthy) === 0 && slot.load(SlotField.EjectedUntil) === 0 && slot.load(SlotField.Breaker) !== Breaker.Open;
}

/** Backups only where there is nobody else. */
function preferred(members: readonly Member[]): readonly Member[] {
  const primary = members.filter(({ isBackup }) => !isBackup);
  return primary.length > 0 ? primary : members;
}
