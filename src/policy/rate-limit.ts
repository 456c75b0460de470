import type { RateLimitConfig } from '../config/policies/rate-limit.ts';
import { decided } from '../exchange/decided.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { CidrSet } from '../lib/cidr.ts';
import { parseIpAddress } from '../lib/ip-address.ts';
import { decision } from '../observe/metrics/outcome.ts';
import { type Phases, policy, type PolicyServices, type RequestPhase } from './policy.ts';
import { DelayRoom } from './rate-limit/delay-room.ts';
import { LimitPhase } from './rate-limit/limit-phase.ts';
import { Limiter } from './rate-limit/limiter.ts';

/** How often the log says what a dry run would have refused. */
const DRY_RUN_LOG_MS = 60_000;
const EXEMPT = decision('rateLimit', 'exempt');

/** Limits by address, or by whatever else a request says of itself, come before authentication, so that guessing has a limit too. */
export const rateLimit = policy({
  name: 'rateLimit',
  isShared: false,
  create(config, route, services): Phases {
    const limiters = config.keyed.map((keyed) => new Limiter(keyed, route.id, config.zone));
    const early = limiters.filter((limiter) => !limiter.needsIdentity);
    const late = limiters.filter((limiter) => limiter.needsIdentity);
    const options = {
      store: services.limits,
      room: config.mode === 'delay' ? new DelayRoom(services.clock, config.queueMax) : null,
      fields: config.fields && !config.dryRun,
      onWouldRefuse: config.dryRun ? dryRunLog(route.id, services) : null,
    };
    const phases = {
      ...(early.length === 0 ? {} : { onRequest: exceptAllowed(config, new LimitPhase(early, [], { ...options, isLast: late.length === 0 }), late.length === 0) }),
      ...(late.length === 0 ? {} : { onAdmitted: exceptAllowed(config, new LimitPhase(late, early, { ...options, isLast: true }), true) }),
    };
    if (!options.fields) return phases;
    return {
      ...phases,
      onAnswer({ rateLimit: left, rateLimitPolicy }, head) {
        // Beside those of the upstream, if it has any: both are lists.
        if (left !== '') head.headers.push('RateLimit-Policy', rateLimitPolicy, 'RateLimit', left);
      },
    };
  },
});

function exceptAllowed({ allow }: RateLimitConfig, phase: LimitPhase, isLast: boolean): RequestPhase {
  if (allow.length === 0) return (exchange) => phase.run(exchange);
  const allowed = new CidrSet(allow);
  return (exchange: Exchange) => {
    const address = parseIpAddress(exchange.clientAddress);
    if (address === null || !allowed.has(address)) return phase.run(exchange);
    if (isLast) decided(exchange, EXEMPT);
    return undefined;
  };
}

function dryRunLog(route: string, { clock, logger }: PolicyServices): () => void {
  let requests = 0;
  let saidMs = -Infinity;
  return () => {
    requests += 1;
    const nowMs = clock.monotonicMs();
    if (nowMs - saidMs < DRY_RUN_LOG_MS) return;
    logger.info('rateLimit would have refused requests, and lets them pass because of dryRun', { route, requests });
    requests = 0;
    saidMs = nowMs;
  };
}
