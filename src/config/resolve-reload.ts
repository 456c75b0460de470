import { parsePercent } from '../lib/percent.ts';
import { parseFactor, parseGuardTime } from './guard-bound.ts';
import type { GuardConfig, ReloadConfig } from './reload-config.ts';
import { withDefaults } from './schema/defaults.ts';
import type { RawReload } from './schema/file.ts';
import { guardSchema, reloadSchema } from './schema/reload.ts';

/** The option `reload`, which must be valid. */
export function resolveReload(raw: RawReload | undefined): ReloadConfig {
  const { watch, guard } = withDefaults(reloadSchema, raw);
  return { watch: watch === true, guard: guard === 'off' ? null : guardOf(guard) };
}

function guardOf(raw: Exclude<NonNullable<RawReload['guard']>, 'off'>): GuardConfig {
  const full = withDefaults(guardSchema, typeof raw === 'string' ? { for: raw } : raw);
  return {
    forMs: parseGuardTime(full.for),
    errorRise: parsePercent(full.errors),
    p95Factor: parseFactor(full.p95),
    requestsMin: full.minRequests,
  };
}
