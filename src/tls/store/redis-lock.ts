import { randomUUID } from 'node:crypto';
import { LOCK_TTL_MS_MAX, type StoreLock } from './certificate-store.ts';
import type { RedisLink } from './redis-link.ts';
import { EXTEND_LOCK, RELEASE_LOCK } from './redis-scripts.ts';

/**
 * Takes the lock kept under `key`, or null where it is held. It is a key that ends by itself and holds a random
 * token, so that only its holder can extend or remove it. One Redis decides: after a failover to a replica that
 * had not heard of it, two may hold one, and the CA sees two orders.
 */
export async function takeRedisLock(link: RedisLink, key: string, ttlMs: number): Promise<StoreLock | null> {
  const token = randomUUID();
  const answer = await link.run(async (client) => client.set(key, token, 'PX', lockTime(ttlMs), 'NX'));
  if (answer !== 'OK') return null;
  return {
    async extend(moreMs) {
      return (await link.run(async (client) => client.eval(EXTEND_LOCK, 1, key, token, lockTime(moreMs)))) === 1;
    },
    async release() {
      await link.run(async (client) => client.eval(RELEASE_LOCK, 1, key, token));
    },
  };
}

/** Redis takes whole milliseconds, one at least. */
function lockTime(ttlMs: number): number {
  return Math.max(1, Math.ceil(Math.min(ttlMs, LOCK_TTL_MS_MAX)));
}
