import { parseDuration } from '../lib/duration.ts';
import { parseCidr } from './address.ts';
import type { Config } from './config.ts';
import type { Context } from './context.ts';
import { resolveAccessLog } from './resolve-access-log.ts';
import { resolveReload } from './resolve-reload.ts';
import { resolveTraces } from './resolve-traces.ts';
import { withDefaults } from './schema/defaults.ts';
import type { RawConfig } from './schema/file.ts';
import { generalSchema, logSchema } from './schema/general.ts';
import { metricsSchema } from './schema/metrics.ts';

/** Facts of the machine that a file can refer to. */
export interface Machine {
  /** Cores this process may use: what `workers: auto` starts. */
  readonly coreCount: number;
  /** The folder in which the gateway was started. */
  readonly workingDir: string;
}

type GeneralConfig = Pick<Config, 'workers' | 'trustedProxies' | 'log' | 'accessLog' | 'metrics' | 'traces' | 'recentRequests' | 'reload' | 'drainTimeoutMs'>;

/** The options that belong to no section. What is not valid has its default, since it has been reported. */
export function resolveGeneral(raw: RawConfig, machine: Machine, context: Context): GeneralConfig {
  const sound = Object.fromEntries(Object.entries(raw).filter(([key]) => context.isSound(key)));
  const { workers, accessLog, drainTimeout, ...general } = withDefaults(generalSchema, sound);
  const trustedProxies = general.trustedProxies.map((text) => parseCidr(text));
  for (const [index, block] of trustedProxies.entries()) {
    if (!block.endsWith('/0')) continue;
    context.report.warning(context.at('trustedProxies', index), 'this trusts every client to name its own address', 'Name only the proxies in front of this one.');
  }
  const { routes: routesMax, targets: targetsMax } = withDefaults(metricsSchema, general.metrics);
  return {
    metrics: { routesMax, targetsMax },
    traces: resolveTraces(general.traces, context),
    recentRequests: general.recentRequests,
    reload: resolveReload(general.reload),
    workers: workers === 'auto' ? Math.min(machine.coreCount, 64) : workers,
    trustedProxies,
    log: withDefaults(logSchema, general.log),
    accessLog: resolveAccessLog(accessLog, machine.workingDir, context),
    drainTimeoutMs: parseDuration(drainTimeout),
  };
}
