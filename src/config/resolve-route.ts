import type { RouteAction, RouteConfig } from './config.ts';
import type { Context } from './context.ts';
import { resolveLogRule } from './resolve-access-log.ts';
import { resolveForward, resolveRedirect, resolveRespond } from './resolve-action.ts';
import { resolveMatches } from './resolve-match.ts';
import { resolveTimeouts } from './resolve-upstream.ts';
import type { PolicyResolver } from './resolve-policies.ts';
import type { RouteIds } from './route-ids.ts';
import { withDefaults } from './schema/defaults.ts';
import type { RawDefaults, RawRoute, RawUpstream } from './schema/file.ts';
import { sharedRouteSchema } from './schema/route.ts';
import type { FoundUpstream, UpstreamDirectory } from './upstream-directory.ts';

const ACTIONS = ['upstream', 'respond', 'redirect', 'health'] as const;
const FORWARD_OPTIONS = ['stripPrefix', 'addPrefix', 'rewrite', 'hostHeader', 'timeouts', 'streams', 'tunnels'] as const;

export interface RouteServices {
  readonly defaults: RawDefaults;
  readonly policies: PolicyResolver;
  readonly upstreams: UpstreamDirectory;
  readonly ids: RouteIds;
}

/**
 * A route of the file. What it does and whether its upstream exists is checked even where something else in it
 * is not valid. Null where the route cannot be used, which has been reported.
 */
export function resolveRoute(raw: RawRoute, index: number, services: RouteServices, context: Context): RouteConfig | null {
  const upstream = upstreamOf(raw, index, services.upstreams, context);
  const policies = services.policies.ofRoute(index, raw.use);
  if (!hasOneAction(raw, index, context) || !context.isSound('routes', index)) return null;
  const node = context.at('routes', index);
  const { line } = node.source.positionOf(node.start);
  const id = services.ids.idOf(raw);
  const matches = resolveMatches(raw, index, context);
  const action = actionOf(raw, index, { upstream, matches, defaults: services.defaults }, context);
  if (action === null) return null;
  const { https, accessLog } = withDefaults(sharedRouteSchema, raw, services.defaults);
  // A probe follows no redirect, so only the route itself can ask for one.
  const redirects = action.kind === 'health' ? raw.https === 'redirect' : https === 'redirect';
  return { id, line, matches, action, httpsRedirect: redirects, accessLog: resolveLogRule(accessLog), policies };
}

function hasOneAction(raw: RawRoute, index: number, context: Context): boolean {
  const given = ACTIONS.filter((key) => raw[key] !== undefined);
  if (given.length === 1) {
    reportMisfits(raw, index, context);
    return true;
  }
  const [, second] = given;
  if (second === undefined) {
    const node = context.at('routes', index);
    const start = { ...node, end: node.start + 1 };
    context.report.error(start, 'this route does nothing', 'Give it one of `upstream`, `respond`, `redirect` and `health`.');
  } else {
    context.report.error(context.key('routes', index, second), `a route has only one of ${given.map((key) => `\`${key}\``).join(' and ')}`, 'Remove one, or split the route.');
  }
  return false;
}

function reportMisfits(raw: RawRoute, index: number, context: Context): void {
  if (raw.upstream !== undefined) return;
  const action = ACTIONS.find((key) => raw[key] !== undefined) ?? 'respond';
  for (const option of FORWARD_OPTIONS) {
    if (raw[option] === undefined) continue;
    context.report.error(context.key('routes', index, option), `\`${option}\` has no effect together with \`${action}\``, 'It belongs to routes with an `upstream`. Remove it.');
  }
}

function upstreamOf(raw: RawRoute, index: number, upstreams: UpstreamDirectory, context: Context): FoundUpstream | null {
  if (raw.upstream === undefined || !context.isSound('routes', index, 'upstream')) return null;
  return upstreams.find(raw.upstream, index, context);
}

interface ActionInput {
  readonly upstream: FoundUpstream | null;
  readonly matches: RouteConfig['matches'];
  readonly defaults: RawDefaults;
}

function actionOf(raw: RawRoute, index: number, { upstream, matches, defaults }: ActionInput, context: Context): RouteAction | null {
  if (raw.respond !== undefined) return resolveRespond(raw.respond, index, context);
  if (raw.redirect !== undefined) return resolveRedirect(raw.redirect);
  if (raw.health !== undefined) return { kind: 'health', probe: raw.health };
  if (upstream === null) return null;
  const timeouts = resolveTimeouts(raw.timeouts, timeoutsOf(upstream.raw), defaults.timeouts);
  return resolveForward({ raw, index, upstream: upstream.name, defaults, timeouts, matches }, context);
}

function timeoutsOf(raw: RawUpstream | null): RawRoute['timeouts'] {
  return raw === null || typeof raw === 'string' || Array.isArray(raw) ? undefined : raw.timeouts;
}

