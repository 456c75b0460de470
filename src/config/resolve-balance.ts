import { parseDuration } from '../lib/duration.ts';
import { hash32 } from '../lib/hash32.ts';
import type { BalanceConfig } from './upstream-config.ts';
import type { Context } from './context.ts';
import { parseHashKey } from './hash-key.ts';
import { stickySchema } from './schema/balance.ts';
import { withDefaults } from './schema/defaults.ts';
import type { FullUpstream } from './schema/file.ts';

/** How an upstream chooses, which must be valid. Reports a choice of none or two ways. */
export function resolveBalance(name: string, raw: FullUpstream['balance'], context: Context): BalanceConfig {
  if (raw === undefined) return { kind: 'round-robin' };
  if (typeof raw === 'string') return { kind: raw };
  const { hash, sticky } = raw;
  if (hash !== undefined && sticky !== undefined) {
    context.report.error(context.key('balance', 'sticky'), 'an upstream has either `hash` or `sticky`', 'A hash keeps each client at its target without a cookie: remove one of them.');
  }
  if (hash !== undefined) return { kind: 'hash', key: parseHashKey(hash) };
  if (sticky !== undefined) {
    const { cookie, secret, over, ttl } = withDefaults(stickySchema, sticky);
    return { kind: 'sticky', cookie: cookie ?? `sluice-${hash32(name).toString(36)}`, secret: secret ?? null, ttlMs: parseDuration(ttl), over };
  }
  context.report.error(context.key('balance'), '`balance` does not say how to choose', 'Write `least-conn`, `{ hash: address }` or `{ sticky: {} }`.');
  return { kind: 'round-robin' };
}
