import type { BalanceConfig } from '../config/upstream-config.ts';
import type { Balancer, BalancerServices } from './balancer.ts';
import { ConsistentHash } from './consistent-hash.ts';
import { LeastConn } from './least-conn.ts';
import type { Candidate } from './member.ts';
import { RandomTwo } from './random-two.ts';
import { RoundRobin } from './round-robin.ts';
import { Sticky } from './sticky.ts';

/**
 * The way of choosing that a configuration asks for. One balancer belongs to one upstream: it keeps what
 * it has worked out for the present list.
 *
 * @param secret signs sticky cookies where the configuration gives no secret of its own; the same in all workers.
 */
export function createBalancer<C extends Candidate>(config: BalanceConfig, services: BalancerServices, secret: Buffer): Balancer<C> {
  switch (config.kind) {
    case 'round-robin': return new RoundRobin(services);
    case 'least-conn': return new LeastConn(services);
    case 'random-two': return new RandomTwo(services);
    case 'hash': return new ConsistentHash(config.key, new RoundRobin(services));
    case 'sticky': {
      const { cookie, ttlMs, over } = config;
      const key = config.secret === null ? secret : Buffer.from(config.secret);
      return new Sticky({ cookie, ttlMs, secret: key }, createBalancer({ kind: over }, services, secret));
    }
  }
}
