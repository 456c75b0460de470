import type { AccessLogConfig } from './access-log-config.ts';
import type { RouteConfig } from './config.ts';

/** The access log, which also hides wherever a client sends them the headers and parameters that hold a credential on some route. */
export function withSecretPlaces(accessLog: AccessLogConfig, routes: readonly Pick<RouteConfig, 'policies'>[]): AccessLogConfig {
  const { mask } = accessLog;
  const places = routes.flatMap(({ policies: { jwt, apiKey } }) => [
    ...(jwt?.from ?? []),
    { in: 'header', name: apiKey?.header ?? '' },
    { in: 'query', name: apiKey?.query ?? '' },
  ]);
  const added = (kind: string): string[] => places.flatMap(({ in: place, name }) => (place === kind && name !== '' ? [name.toLowerCase()] : []));
  return { ...accessLog, mask: { ...mask, headers: [...new Set([...mask.headers, ...added('header')])], query: [...new Set([...mask.query, ...added('query')])] } };
}
