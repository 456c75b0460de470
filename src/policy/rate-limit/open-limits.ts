import type { RateLimitsConfig } from '../../config/rate-limits-config.ts';
import type { PolicyServices } from '../policy.ts';
import { GuardedStore } from './guarded-store.ts';
import type { LimitStore } from './limit-store.ts';
import { RedisLimits } from './redis-store.ts';

/** How long a configuration waits for Redis before it comes into force; requests would find it not connected yet. */
const OPEN_MS_MAX = 1000;

interface OpenLimits {
  readonly limits: LimitStore;
  readonly release: () => void | Promise<void>;
}

/**
 * Where one configuration counts: in the memory of the process, which `services` lends, or in Redis, over a connection that a
 * reload hands on as long as nothing is said otherwise. One that cannot be reached is no error: `onStoreDown` counts meanwhile.
 */
export async function openLimits(config: RateLimitsConfig, services: PolicyServices): Promise<OpenLimits> {
  const { redisUrl, onStoreDown, timeoutMs, prefix } = config;
  if (redisUrl === null) return { limits: services.limits, release: () => undefined };
  const { clock, logger, random, limits: local } = services;
  const key = `limits ${JSON.stringify([redisUrl, onStoreDown, timeoutMs, prefix])}`;
  const { value, release } = services.kept.hold(key, () =>
    new GuardedStore((listener) => new RedisLimits(redisUrl, prefix, listener), { onStoreDown, timeoutMs }, { clock, logger, random, local }));
  const { promise: timeUp, resolve } = Promise.withResolvers<void>();
  const stop = clock.every(OPEN_MS_MAX, resolve);
  await Promise.race([value.known, timeUp]);
  stop();
  return { limits: value, release };
}
