import { parseDuration } from '../lib/duration.ts';
import { parsePercent } from '../lib/percent.ts';
import type { EjectionConfig, HealthConfig, TargetConfig, UpstreamConfig } from './upstream-config.ts';
import { type Context, listed } from './context.ts';
import { reportIdle } from './idle-option.ts';
import { withDefaults } from './schema/defaults.ts';
import type { FullUpstream } from './schema/file.ts';
import { ejectSchema, healthOptionsSchema, healthSchema } from './schema/health.ts';
import { parseStatusRange } from './status-range.ts';

const CHECK_TIMEOUT_DEFAULT_MS = 2000;
const EJECTION_DEFAULT_MAX_MS = 300_000;
const NO_EJECTION: EjectionConfig = { failures: 0, timeMs: 0, timeMaxMs: 0, shareMax: 0 };

type HealthOptions = Pick<UpstreamConfig, 'health' | 'ejection' | 'failsMax' | 'failTimeoutMs' | 'slowStartMs' | 'panicShare'>;
type RawHealth = Exclude<FullUpstream['health'], 'off' | undefined>;
type RawEject = Exclude<FullUpstream['eject'], 'off' | undefined>;

/** How it is found out that a target is down, from options that must be valid. Reports those that make no sense together. */
export function resolveHealth(full: FullUpstream, targets: readonly TargetConfig[], context: Context): HealthOptions {
  const { health, eject, maxFails, failTimeout, slowStart, panic } = withDefaults(healthOptionsSchema, full);
  if (maxFails === 0) reportIdle(full, ['failTimeout'], 'with `maxFails: 0`', 'Remove it, or raise `maxFails`.', context);
  else if (failTimeout === 'off') reportIdle(full, ['maxFails'], 'with `failTimeout: off`', 'Remove one of them.', context);
  return {
    health: health === 'off' ? null : healthOf(health, targets, context),
    ejection: eject === 'off' ? NO_EJECTION : ejectionOf(eject, context),
    failsMax: failTimeout === 'off' ? 0 : maxFails,
    failTimeoutMs: parseDuration(failTimeout),
    slowStartMs: parseDuration(slowStart),
    panicShare: parsePercent(panic),
  };
}

function healthOf(raw: RawHealth, targets: readonly TargetConfig[], context: Context): HealthConfig {
  const { path, tcp, every, timeout, rise, fall, status, body, headers, host, port } = withDefaults(healthSchema, raw);
  reportKind(raw, context);
  const everyMs = parseDuration(every);
  const timeoutMs = timeout === undefined ? Math.min(CHECK_TIMEOUT_DEFAULT_MS, everyMs) : parseDuration(timeout);
  if (timeoutMs > everyMs) {
    context.report.error(context.at('health', 'timeout'), 'a check may not take longer than the time between two checks', 'Shorten `timeout`, or lengthen `every`.');
  }
  if (port !== undefined && targets.some((target) => target.path !== null)) {
    context.report.error(context.key('health', 'port'), 'a unix socket has no port to check', 'Put the socket into an upstream of its own, or remove `port`.');
  }
  return {
    kind: tcp ? 'tcp' : 'http',
    path: path ?? '/',
    host: host ?? null,
    port: port ?? null,
    headers: headersOf(headers, context),
    statuses: listed(status).map(({ item }) => parseStatusRange(item)),
    body: body ?? null,
    everyMs,
    timeoutMs,
    rise,
    fall,
  };
}

/** A check either asks for a path or only connects; a default for this would be a guess that takes a service out. */
function reportKind(raw: RawHealth, context: Context): void {
  if (raw.tcp === true) reportIdle(raw, ['path', 'status', 'body', 'headers', 'host'], 'with `tcp: true`, which only makes a connection', 'Remove it, or remove `tcp` and check a `path`.', context.within('health'));
  else if (raw.path === undefined) context.report.error(context.key('health'), '`health` does not say what is checked', 'Add `path: /health`, or `tcp: true` where a connection is enough.');
}

function headersOf(raw: RawHealth['headers'], context: Context): HealthConfig['headers'] {
  const headers = Object.entries(raw ?? {});
  const names = new Set<string>();
  for (const [written] of headers) {
    const name = written.toLowerCase();
    if (names.has(name)) context.report.error(context.key('health', 'headers', written), `the header \`${written}\` is given twice: case makes no difference`);
    names.add(name);
  }
  return headers;
}

function ejectionOf(raw: RawEject, context: Context): EjectionConfig {
  const { failures, time, timeMax, share } = withDefaults(ejectSchema, raw);
  const timeMs = parseDuration(time);
  const timeMaxMs = timeMax === undefined ? Math.max(EJECTION_DEFAULT_MAX_MS, timeMs) : parseDuration(timeMax);
  if (timeMaxMs < timeMs) context.report.error(context.at('eject', 'timeMax'), '`timeMax` is shorter than `time`', 'Raise it, or shorten `time`.');
  return { failures, timeMs, timeMaxMs, shareMax: parsePercent(share) };
}
