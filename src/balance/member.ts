import type { TargetConfig } from '../config/upstream-config.ts';
import type { Slot } from '../lib/slots.ts';

/** One address that requests go to, as control plane and workers tell each other of it. Plain data. */
export interface MemberSpec {
  /** Unique in its upstream and stable over reloads: the target's name, and the address where that differs. */
  readonly key: string;
  /** The target it belongs to; its `host` is still the name, for Host, SNI and certificate checks. */
  readonly target: TargetConfig;
  /** Literal address; null for a unix socket. */
  readonly address: string | null;
  readonly port: number;
  readonly slot: number;
}

/** What a balancer needs to know of a member. */
export interface Candidate {
  readonly key: string;
  /** 1 to 1000. */
  readonly weight: number;
  readonly slot: Slot;
}
