import { parseDuration } from '../lib/duration.ts';
import type { Context } from './context.ts';
import { reportIdle } from './idle-option.ts';
import type { RateLimitsConfig } from './rate-limits-config.ts';
import { parseRedisUrl } from './redis-url.ts';
import { withDefaults } from './schema/defaults.ts';
import type { RawConfig } from './schema/file.ts';
import { rateLimitsSchema } from './schema/rate-limits.ts';

const TIMEOUT_MS_MAX = 10_000;

/** The section `rateLimits`. What is not valid is as if it were not there, since it has been reported. */
export function resolveRateLimits(raw: RawConfig, context: Context): RateLimitsConfig {
  const given = (context.isSound('rateLimits') ? raw.rateLimits : undefined) ?? {};
  const { store, onStoreDown, timeout, prefix, keys } = withDefaults(rateLimitsSchema, given);
  const timeoutMs = parseDuration(timeout);
  if (timeoutMs < 1 || timeoutMs > TIMEOUT_MS_MAX) context.report.error(context.at('rateLimits', 'timeout'), `\`${timeout}\` is out of range: from 1ms to 10s`);
  if (store === 'memory') {
    reportIdle(given, ['onStoreDown', 'timeout', 'prefix'], 'with `store: memory`', 'Remove it, or count in Redis: `store: redis://host:6379/0`.', context.within('rateLimits'));
  }
  return { redisUrl: store === 'memory' ? null : parseRedisUrl(store), onStoreDown, timeoutMs, prefix, keysMax: keys };
}
