import { obstacleOf } from '../config/certificate-prospects.ts';
import type { Config } from '../config/config.ts';
import type { TlsLogger } from './material.ts';
import { isCovered, normalizeName } from './server-name.ts';

/** Which hosts get their certificates from where. Hosts that files cover are in neither list. */
export interface HostPlan {
  /** The names of each certificate that is ordered by ACME. */
  readonly orders: readonly (readonly string[])[];
  /** Only the local CA can serve these. */
  readonly local: readonly string[];
}

/**
 * Certificate files first; then ACME for the hosts that can have a public certificate; the local CA for the rest. Each
 * host has a certificate of its own, so that none waits for the trouble of another and no client learns of
 * other hosts; a wildcard takes along the name behind it, which the same proof in DNS covers.
 */
export function planHosts(config: Pick<Config, 'acme' | 'listen' | 'routes'>, covered: ReadonlySet<string>, logger: TlsLogger): HostPlan {
  const { acme } = config;
  const routed = namesOfRoutes(config.routes, logger);
  const listed = acme?.hosts?.map(normalizeName).filter((name) => name !== '') ?? null;
  const wanted = [...new Set([...(listed ?? []), ...routed])].filter((name) => !isCovered(name, covered));
  const isOrdered = (name: string): boolean => acme !== null && (listed === null || listed.includes(name)) && obstacleOf(name, acme, config.listen) === null;
  const ordered = new Set(wanted.filter(isOrdered));
  const wildcards = new Set([...ordered].filter((name) => name.startsWith('*.')));
  const orders = [...ordered]
    .filter((name) => wildcards.has(name) || (!isCovered(name, wildcards) && !wildcards.has(`*.${name}`)))
    .map((name) => (wildcards.has(name) && ordered.has(name.slice(2)) ? [name, name.slice(2)] : [name]));
  return { orders, local: wanted.filter((name) => !ordered.has(name) && !isCovered(name, wildcards)) };
}

function namesOfRoutes(routes: Config['routes'], logger: TlsLogger): string[] {
  const hosts = new Set(routes.flatMap(({ matches }) => matches.flatMap(({ host }) => (host === null ? [] : [host]))));
  return [...hosts].flatMap((host) => {
    const name = normalizeName(host);
    if (name === '') logger.warn('a host of a route is not a host name; it gets no certificate', { host });
    return name === '' ? [] : [name];
  });
}
