import type { UpstreamConfig } from '../config/upstream-config.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { Mode, SlotField, type Slot, type Slots } from '../lib/slots.ts';
import type { Member } from '../upstream/member.ts';
import { isAvailable } from './availability.ts';
import type { Balancer, EligibleList, PickQuestion } from './balancer.ts';

/** A member that just came back is given at least this share of its turns, so that it is warmed up at all. */
const SLOW_START_SHARE_MIN = 0.1;
/** Refusals after which the balancer is not asked again, and anybody will do: where all are full, asking costs no more than a look at each. */
const REFUSALS_MAX = 8;
const NOBODY: EligibleList<Member> = { candidates: [], all: [] };
const NONE: readonly Member[] = [];

interface MemberSetServices {
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
  #replacements = 0;
  #list = NOBODY;
  #epoch = Number.NaN;

  /** @param slot the upstream's own. */
  constructor(config: UpstreamConfig, slot: Slot, services: MemberSetServices) {
    this.#config = config;
    this.#slot = slot;
    this.#services = services;
  }

  /** Another list of addresses; a member that is in both stays the same object. */
  replace(members: readonly Member[]): void {
    this.#members = members;
    this.#replacements += 1;
  }

  /** Goes up whenever the eligible members may have changed: by another thread's doing, or because the list is another. */
  get epoch(): number {
    return this.#slot.load(SlotField.Epoch) + this.#replacements;
  }

  /**
   * @param tried not to be chosen again for this request.
   * @param admits a last word on each choice, asked once of each: a full or half-open member may say no.
   * @returns null where nobody is left.
   */
  pick(exchange: Exchange, tried: readonly Member[], admits: (member: Member) => boolean): Member | null {
    const list = this.#eligible();
    let excluded = tried;
    for (let refusals = 0; refusals < REFUSALS_MAX; refusals += 1) {
      const member = this.#warm(list, { exchange, tried: excluded });
      if (member === null) return null;
      if (admits(member)) return member;
      excluded = [...excluded, member];
    }
    return this.#anybody(list.candidates, excluded, admits);
  }

  headersFor(exchange: Exchange, chosen: Member): readonly string[] | null {
    return this.#services.balancer.headersFor?.(chosen, { exchange, tried: NONE }) ?? null;
  }

  /** One choice; a member in slow start passes its turn on as often as it is still cold, but never a client of its own. */
  #warm(list: EligibleList<Member>, question: PickQuestion<Member>): Member | null {
    const { balancer } = this.#services;
    const member = balancer.pick(list, question);
    if (member === null || this.#config.slowStartMs === 0) return member;
    if (this.#services.random() < this.#warmth(member.slot) || balancer.isBound?.(member, question) === true) return member;
    return balancer.pick(list, { exchange: question.exchange, tried: [...question.tried, member] }) ?? member;
  }

  /** Share of its turns that a member takes, 0 to 1. */
  #warmth(slot: Slot): number {
    const since = slot.load(SlotField.SlowStartFrom);
    if (since === 0) return 1;
    const { slots } = this.#services;
    const elapsedMs = slots.msOf(slots.tickOf(this.#services.nowMs())) - slots.msOf(since);
    // A wall clock that was set back counts as over, or the member would stay cold until it has caught up.
    if (elapsedMs >= 0 && elapsedMs < this.#config.slowStartMs) return Math.max(elapsedMs / this.#config.slowStartMs, SLOW_START_SHARE_MIN);
    slot.swap(SlotField.SlowStartFrom, since, 0);
    return 1;
  }

  #anybody(candidates: readonly Member[], excluded: readonly Member[], admits: (member: Member) => boolean): Member | null {
    const start = Math.floor(this.#services.random() * candidates.length);
    for (let i = 0; i < candidates.length; i += 1) {
      const member = candidates[(start + i) % candidates.length]!;
      if (!excluded.includes(member) && admits(member)) return member;
    }
    return null;
  }

  #eligible(): EligibleList<Member> {
    const { epoch } = this;
    if (epoch === this.#epoch) return this.#list;
    this.#epoch = epoch;
    const candidates = this.#choose();
    // Another list makes balancers work out everything anew; a change that changes nothing for them need not.
    if (this.#list.all !== this.#members || !isSame(candidates, this.#list.candidates)) this.#list = { candidates, all: this.#members };
    return this.#list;
  }

  #choose(): readonly Member[] {
    const up = this.#members.filter(({ slot }) => slot.load(SlotField.Mode) === Mode.Up);
    const available = up.filter(isAvailable);
    const { panicShare, hold } = this.#config;
    const tooFew = up.length > 0 && available.length / up.length < panicShare;
    // A suspicion must not make an upstream unreachable: where nobody is well, all are tried (backups
    // too, of whom as little is known), unless requests may wait.
    if (tooFew || (available.length === 0 && hold.waitMs === 0)) return up;
    return preferred(available);
  }
}

function isSame(a: readonly Member[], b: readonly Member[]): boolean {
  return a.length === b.length && a.every((member, i) => member === b[i]);
}

/** Backups only where there is nobody else. */
function preferred(members: readonly Member[]): readonly Member[] {
  const primary = members.filter(({ isBackup }) => !isBackup);
  return primary.length > 0 ? primary : members;
}
