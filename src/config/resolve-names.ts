import { isIP } from 'node:net';
import { parseDuration } from '../lib/duration.ts';
import type { ResolveConfig, TargetConfig } from './upstream-config.ts';
import type { Context } from './context.ts';
import { parseDnsServer } from './dns-server.ts';
import { withDefaults } from './schema/defaults.ts';
import type { FullUpstream } from './schema/file.ts';
import { resolveSchema } from './schema/names.ts';

const MIN_DEFAULT_MS = 1000;
const MAX_DEFAULT_MS = 60_000;

/**
 * How names are looked up, from options that must be valid. Only warns where no target is a name, because
 * targets often come from the environment and are addresses on one machine and names on another.
 */
export function resolveNames(full: FullUpstream, targets: readonly TargetConfig[], context: Context): ResolveConfig {
  const { min, max, servers } = withDefaults(resolveSchema, full.resolve);
  if (full.resolve !== undefined && targets.every(({ path, host }) => path !== null || isIP(host) !== 0)) {
    context.report.warning(context.key('resolve'), '`resolve` has no effect here: no target is a name');
  }
  const givenMinMs = min === undefined ? null : parseDuration(min);
  const givenMaxMs = max === undefined ? null : parseDuration(max);
  if (givenMinMs !== null && givenMaxMs !== null && givenMaxMs < givenMinMs) {
    context.report.error(context.at('resolve', 'max'), '`max` is shorter than `min`', 'Raise it, or shorten `min`.');
  }
  return {
    minMs: givenMinMs ?? Math.min(MIN_DEFAULT_MS, givenMaxMs ?? Infinity),
    maxMs: givenMaxMs ?? Math.max(MAX_DEFAULT_MS, givenMinMs ?? 0),
    servers: [...new Set(servers.map(parseDnsServer))],
  };
}
