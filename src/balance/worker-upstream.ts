import type { UpstreamConfig } from '../config/upstream-config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Deadlines } from '../lib/deadlines.ts';
import { LatencyQuantile } from '../lib/latency-quantile.ts';
import { SlotField, type Slots } from '../lib/slots.ts';
import { Member } from '../upstream/member.ts';
import type { PoolRegistry } from '../upstream/pool-registry.ts';
import { UpstreamRuntime, type HedgePlan } from '../upstream/upstream-runtime.ts';
import { createBalancer } from './create-balancer.ts';
import { MemberSet } from './member-set.ts';
import type { MemberSpec } from './member.ts';
import { Outcomes } from './outcomes.ts';

/** Answers whose time is known before a percentile of them is trusted. */
const HEDGE_SAMPLES_MIN = 20;

interface WorkerUpstreamServices {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly slots: Slots;
  readonly pools: Pick<PoolRegistry, 'take'>;
  /** For sticky cookies of upstreams that configure none; the same in all workers. */
  readonly secret: Buffer;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
}

/** One upstream of one generation in one worker: its members, kept up to date, and all that chooses among them. */
export class WorkerUpstream {
  readonly config: UpstreamConfig;
  readonly runtime: UpstreamRuntime;
  readonly #services: WorkerUpstreamServices;
  readonly #set: MemberSet;
  readonly #outcomes: Outcomes;
  readonly #held = new Map<string, { readonly spec: MemberSpec; readonly member: Member; readonly release: () => void }>();

  /**
   * @param slot number of the upstream's own slot.
   * @throws Error where the CA of its TLS options is not valid PEM.
   */
  constructor(config: UpstreamConfig, slot: number, members: readonly MemberSpec[], services: WorkerUpstreamServices) {
    const { clock, slots, random, secret, deadlines } = services;
    this.config = config;
    this.#services = services;
    const own = slots.slot(slot);
    const balancer = createBalancer<Member>(config.balance, {
      random,
      nextTurn: () => own.add(SlotField.Cursor, 1) - 1,
    }, secret);
    this.#set = new MemberSet(config, own, { slots, balancer, random, nowMs: () => clock.now() });
    const outcomes = new Outcomes(config, own, () => slots.tickOf(clock.now()));
    this.#outcomes = outcomes;
    this.runtime = new UpstreamRuntime({
      name: config.name,
      isH2: config.protocol === 'h2',
      members: this.#set,
      outcomes,
      retry: config.retry,
      hold: config.hold,
      limit: config.limit,
      hedge: hedgePlan(config),
      deadlines,
    });
    this.useMembers(members);
  }

  /** Another list of members. Who is in both stays, who is not loses its idle connections; what it has in flight ends by itself. */
  useMembers(specs: readonly MemberSpec[]): void {
    const stale = new Map(this.#held);
    const members = specs.map((spec) => {
      const held = this.#held.get(spec.key);
      if (held !== undefined && held.spec.slot === spec.slot && sameAddress(held.spec, spec)) {
        stale.delete(spec.key);
        return held.member;
      }
      return this.#hold(spec);
    });
    for (const [key, { member, release }] of stale) {
      release();
      if (this.#held.get(key)?.member === member) this.#held.delete(key);
    }
    this.#set.replace(members);
    this.#outcomes.useMembers(members);
  }

  retire(): void {
    for (const { release } of this.#held.values()) release();
    this.#held.clear();
  }

  #hold(spec: MemberSpec): Member {
    const { target, address, port } = spec;
    const { pools, slots } = this.#services;
    const { pool, release } = pools.take(this.config, { address, port, path: target.path, secure: target.secure, host: target.host });
    const member = new Member(spec.key, target, pool, slots.slot(spec.slot));
    this.#held.set(spec.key, { spec, member, release });
    return member;
  }
}

function sameAddress(a: MemberSpec, b: MemberSpec): boolean {
  return a.address === b.address && a.port === b.port && JSON.stringify(a.target) === JSON.stringify(b.target);
}

function hedgePlan({ hedge }: UpstreamConfig): HedgePlan | null {
  if (hedge === null) return null;
  if (hedge.afterMs !== null) return { latency: null, afterMs: hedge.afterMs };
  return { latency: new LatencyQuantile(hedge.percentile, HEDGE_SAMPLES_MIN), afterMs: Infinity };
}
