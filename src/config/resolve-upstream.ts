import { parseDuration } from '../lib/duration.ts';
import type { KeepAliveConfig, RetryConfig, TargetConfig, UpstreamConfig, UpstreamTimeouts, UpstreamTlsConfig } from './config.ts';
import { type Context, listed } from './context.ts';
import { parseHostPattern } from './host-pattern.ts';
import { readAuthorities } from './pem.ts';
import { withDefaults } from './schema/defaults.ts';
import type { RawDefaults, RawUpstream } from './schema/file.ts';
import { keepAliveSchema, retrySchema, upstreamTimeoutsSchema, upstreamTlsSchema } from './schema/upstream.ts';
import { parseTarget } from './target.ts';
import { shown } from './tree.ts';

export type RawTimeouts = NonNullable<RawDefaults['timeouts']>;
type FullUpstream = Exclude<RawUpstream, string | string[]>;

/** An upstream of the file, which must be valid. Reports targets given twice and TLS options without a TLS target. */
export function resolveUpstream(name: string, raw: RawUpstream, defaults: RawTimeouts | undefined, context: Context): UpstreamConfig {
  const full: FullUpstream = typeof raw === 'string' || Array.isArray(raw) ? { targets: raw } : raw;
  const path = full === raw ? ['upstreams', name, 'targets'] : ['upstreams', name];
  const targets: TargetConfig[] = [];
  for (const { item, steps } of listed(full.targets)) {
    const target = parseTarget(item);
    const node = context.at(...path, ...steps);
    if (targets.some((earlier) => earlier.name === target.name)) context.report.error(node, `${shown(node)} is listed twice`);
    targets.push(target);
  }
  if (full.tls !== undefined && !targets.some((target) => target.secure)) {
    context.report.error(context.key('upstreams', name, 'tls'), '`tls` changes nothing here: no target starts with `https://`');
  }
  return build(name, targets, full, tlsOf(name, full, context), defaults);
}

/** The upstream of a route that names its target directly, which must be valid. */
export function anonymousUpstream(text: string, defaults: RawTimeouts | undefined): UpstreamConfig {
  return build(text, [parseTarget(text)], { targets: text }, { verify: true, ca: null, serverName: null }, defaults);
}

function build(name: string, targets: TargetConfig[], full: FullUpstream, tls: UpstreamTlsConfig, defaults: RawTimeouts | undefined): UpstreamConfig {
  return { name, targets, tls, keepAlive: keepAliveOf(full), retry: retryOf(full), timeouts: resolveTimeouts(full.timeouts, defaults) };
}

function tlsOf(name: string, full: FullUpstream, context: Context): UpstreamTlsConfig {
  const raw = withDefaults(upstreamTlsSchema, full.tls);
  const ca = raw.ca === undefined ? null : readAuthorities(context.at('upstreams', name, 'tls', 'ca'), raw.ca, context);
  return { verify: raw.verify, ca, serverName: raw.serverName === undefined ? null : parseHostPattern(raw.serverName) };
}

function keepAliveOf(full: FullUpstream): KeepAliveConfig {
  const raw = withDefaults(keepAliveSchema, full.keepAlive);
  return { connectionsMax: raw.connections, idleMs: parseDuration(raw.idle), lifetimeMs: parseDuration(raw.lifetime) };
}

function retryOf(full: FullUpstream): RetryConfig {
  const raw = withDefaults(retrySchema, full.retry);
  return { attempts: raw.attempts, failTimeoutMs: parseDuration(raw.failTimeout) };
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
