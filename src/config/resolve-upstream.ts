import { parseDuration } from '../lib/duration.ts';
import type { KeepAliveConfig, TargetConfig, UpstreamConfig, UpstreamTimeouts, UpstreamTlsConfig } from './upstream-config.ts';
import type { Context } from './context.ts';
import { parseHostPattern } from './host-pattern.ts';
import { reportIdle } from './idle-option.ts';
import { readAuthorities } from './pem.ts';
import { resolveBalance } from './resolve-balance.ts';
import { resolveHealth } from './resolve-health.ts';
import { resolveNames } from './resolve-names.ts';
import { resolveOverload } from './resolve-overload.ts';
import { resolveRetry } from './resolve-retry.ts';
import { resolveTargets } from './resolve-targets.ts';
import { withDefaults } from './schema/defaults.ts';
import type { FullUpstream, RawDefaults, RawUpstream } from './schema/file.ts';
import { http2Schema, keepAliveSchema, protocolSchema, upstreamTimeoutsSchema, upstreamTlsSchema } from './schema/upstream.ts';

export type RawTimeouts = NonNullable<RawDefaults['timeouts']>;

/**
 * An upstream, which must be valid. Reports what a schema cannot see in it.
 *
 * @param context begins at the upstream, or at the target that a route names directly
 */
export function resolveUpstream(name: string, raw: RawUpstream, defaults: RawTimeouts | undefined, context: Context): UpstreamConfig {
  const full: FullUpstream = typeof raw === 'string' || Array.isArray(raw) ? { targets: raw } : raw;
  const targets = resolveTargets(full.targets, full === raw ? context.within('targets') : context);
  return {
    name,
    targets,
    tls: tlsOf(full, targets, context),
    ...protocolOf(full, context),
    keepAlive: keepAliveOf(full),
    balance: resolveBalance(name, full.balance, context),
    ...resolveHealth(full, targets, context),
    ...resolveRetry(full, context),
    ...resolveOverload(full, context),
    resolve: resolveNames(full, targets, context),
    timeouts: resolveTimeouts(full.timeouts, defaults),
  };
}

function tlsOf(full: FullUpstream, targets: readonly TargetConfig[], context: Context): UpstreamTlsConfig {
  const { verify, ca, serverName } = withDefaults(upstreamTlsSchema, full.tls);
  if (full.tls !== undefined && !targets.some(({ secure }) => secure)) {
    context.report.error(context.key('tls'), '`tls` changes nothing here: no target starts with `https://`');
  }
  if (serverName === undefined && targets.some(({ srv, secure }) => srv && secure)) {
    context.report.error(context.key('targets'), 'the records of a `srv:` target may name any host, so it is not known whose certificate is right', 'Add `tls: { serverName: api.example.com }` with the name in the certificate.');
  }
  return {
    verify,
    ca: ca === undefined ? null : readAuthorities(context.at('tls', 'ca'), ca, context),
    serverName: serverName === undefined ? null : parseHostPattern(serverName),
  };
}

function protocolOf(full: FullUpstream, context: Context): Pick<UpstreamConfig, 'protocol' | 'http2'> {
  const { protocol } = withDefaults(protocolSchema, full);
  const { connections, ping } = withDefaults(http2Schema, full.http2);
  if (protocol === 'http1') reportIdle(full, ['http2'], 'without `protocol: h2`', 'Remove it, or add `protocol: h2`.', context);
  return { protocol, http2: { connectionsMax: connections, pingMs: parseDuration(ping) } };
}

function keepAliveOf(full: FullUpstream): KeepAliveConfig {
  const raw = withDefaults(keepAliveSchema, full.keepAlive);
  return { connectionsMax: raw.connections, idleMs: parseDuration(raw.idle), lifetimeMs: parseDuration(raw.lifetime) };
}

/** Of each timeout the first layer that has it counts; after the layers, the built-in default. */
export function resolveTimeouts(...layers: readonly (RawTimeouts | undefined)[]): UpstreamTimeouts {
  const raw = withDefaults(upstreamTimeoutsSchema, ...layers);
  return {
    connectMs: parseDuration(raw.connect),
    responseMs: parseDuration(raw.response),
    idleMs: parseDuration(raw.idle),
    totalMs: parseDuration(raw.total),
    streamMs: parseDuration(raw.stream),
    tunnelMs: parseDuration(raw.tunnel),
  };
}
