import type { Config, RouteConfig } from './config.ts';
import { findConflicts } from './conflicts.ts';
import type { Context } from './context.ts';
import { resolveAcme } from './resolve-acme.ts';
import { type Machine, resolveGeneral } from './resolve-general.ts';
import { resolveListen } from './resolve-listen.ts';
import { PolicyResolver } from './resolve-policies.ts';
import { resolveRateLimits } from './resolve-rate-limits.ts';
import { resolveRoute, type RouteServices } from './resolve-route.ts';
import { resolveTls } from './resolve-tls.ts';
import { withSecretPlaces } from './secret-places.ts';
import { RouteIds } from './route-ids.ts';
import type { RawConfig, RawRoute } from './schema/file.ts';
import { isSubstituted } from './tree.ts';
import { UpstreamDirectory } from './upstream-directory.ts';

/**
 * Turns the data of the file into the configuration and checks what a schema cannot say. Parts that are not valid
 * are passed over, so that the rest is checked all the same. Null where any error has been reported.
 */
export function resolve(file: string, raw: RawConfig, machine: Machine, context: Context): Config | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const listen = context.isSound('listen') && raw.listen !== undefined ? resolveListen(raw.listen, context) : null;
  const general = resolveGeneral(raw, machine, context);
  const defaults = (context.isSound('defaults') ? raw.defaults : undefined) ?? {};
  const upstreamsRaw = raw.upstreams !== undefined && isObject(raw.upstreams) ? raw.upstreams : {};
  const upstreams = new UpstreamDirectory(upstreamsRaw, defaults.timeouts);
  const routesRaw: readonly RawRoute[] = Array.isArray(raw.routes) ? raw.routes : [];
  const policies = new PolicyResolver(raw, context);
  const routes = resolveRoutes(routesRaw, { upstreams, defaults, policies }, context);
  const noRoutePolicies = policies.ofNoRoute();
  const resolvedUpstreams = upstreams.resolveAll(context);
  const tls = resolveTls(raw, { listen, routes }, machine, context);
  const acme = raw.acme === undefined || !context.isSound('acme') ? null : resolveAcme(raw.acme, { listen, routes: routesRaw, covers: tls.covers }, context);
  const rateLimits = resolveRateLimits(raw, context);
  if (listen !== null && listen.https.length === 0 && tls.config.certificates.length > 0) {
    context.report.warning(context.key('tls', 'certificates'), 'certificates are not used: `listen` has no `https`');
  }
  if (listen === null || context.report.errorCount > 0) return null;
  policies.reportUnused();
  return { file, listen, ...general, accessLog: withSecretPlaces(general.accessLog, routes), tls: tls.config, acme, rateLimits, upstreams: resolvedUpstreams, routes, noRoutePolicies };
}

function resolveRoutes(rawRoutes: readonly RawRoute[], services: Omit<RouteServices, 'ids'>, context: Context): RouteConfig[] {
  const ids = new RouteIds(rawRoutes, context);
  const routes: RouteConfig[] = [];
  const indexes: number[] = [];
  for (const [index, raw] of rawRoutes.entries()) {
    if (!isObject(raw)) continue;
    const route = resolveRoute(raw, index, { ...services, ids }, context);
    if (route === null) continue;
    routes.push(route);
    indexes.push(index);
  }
  reportConflicts(routes, indexes, context);
  return routes;
}

/** The messages name hosts and paths, so where one came from the environment a general sentence takes their place. */
function reportConflicts(routes: readonly RouteConfig[], indexes: readonly number[], context: Context): void {
  for (const { routeIndex, otherIndex, message } of findConflicts(routes)) {
    const node = context.at('routes', indexes[routeIndex] ?? 0);
    const other = otherIndex === null ? null : context.at('routes', indexes[otherIndex] ?? 0);
    const isSecret = isSubstituted(node) || (other !== null && isSubstituted(other));
    const text = isSecret ? 'cannot be told apart from another one, or can never be chosen' : message;
    const place = other === null ? null : `The other route is in ${other.source.file}, line ${other.source.positionOf(other.start).line}.`;
    context.report.error({ ...node, end: node.start + 1 }, `this route ${text}`, place);
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
