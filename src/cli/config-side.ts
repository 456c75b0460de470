import { getConfig, getWorkerCount } from '../admin/config-client.ts';
import { configValues, type ConfigValue } from '../admin/config-values.ts';
import type { ListenAddress, RouteConfig } from '../config/config.ts';
import type { LoadedConfig } from '../config/load.ts';
import { withDefaults } from '../config/schema/defaults.ts';
import { rateLimitsSchema } from '../config/schema/rate-limits.ts';

/** A value with what it was read as, where that is known. */
export interface SideValue extends ConfigValue {
  /** Absent: only what may be shown is known. */
  readonly read?: unknown;
}

/** One of two configurations that are compared. */
export interface ConfigSide {
  /** With defaults. */
  readonly values: readonly SideValue[];
  readonly routeIds: readonly string[];
  /** In the same order; null: only the values are known. */
  readonly routes: readonly Pick<RouteConfig, 'id' | 'matches'>[] | null;
  readonly workers: number;
  /** Null: not known. */
  readonly rateLimits: { readonly keysMax: number | null };
}

const ROUTE = /^routes\[("(?:[^"\\]|\\.)*")\]/;

/** A configuration that was read from a file. */
export function fileSide({ config, root }: Pick<LoadedConfig, 'config' | 'root'>): ConfigSide {
  const routeIds = config.routes.map(({ id }) => id);
  return { values: [...configValues(root, routeIds, true)], routeIds, routes: config.routes, workers: config.workers, rateLimits: config.rateLimits };
}

/** The one in force. @throws AdminClientError where the gateway cannot be asked. */
export async function runningSide(admin: ListenAddress, token: string | null): Promise<ConfigSide> {
  const [values, workers] = await Promise.all([getConfig(admin, token), getWorkerCount(admin, token)]);
  const ids = values.flatMap(({ path }) => routeIdOf(path) ?? []);
  const keys = values.find(({ path }) => path === 'rateLimits.keys')?.value ?? withDefaults(rateLimitsSchema).keys;
  return { values, routeIds: [...new Set(ids)], routes: null, workers, rateLimits: { keysMax: typeof keys === 'number' ? keys : null } };
}

/** Of the path of a value; null: it belongs to no route. */
export function routeIdOf(path: string): string | null {
  const [, text] = ROUTE.exec(path) ?? [];
  if (text === undefined) return null;
  const id: unknown = JSON.parse(text);
  return typeof id === 'string' ? id : null;
}

/** `timeouts.connect` of `routes["a"].timeouts.connect`. */
export function pathInRoute(path: string): string {
  return path.replace(ROUTE, '').replace(/^\./, '');
}

export function routePath(id: string, rest: string): string {
  return `routes[${JSON.stringify(id)}]${rest === '' || rest.startsWith('[') ? rest : `.${rest}`}`;
}
