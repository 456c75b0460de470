import { CERTIFICATE_OPERATIONS } from './certificate-routes.ts';
import { CONFIG_OPERATIONS } from './config-routes.ts';
import { HEALTH_OPERATIONS } from './health-routes.ts';
import { LIMIT_OPERATIONS } from './limit-routes.ts';
import { LOG_OPERATIONS } from './log-routes.ts';
import { METRICS_OPERATIONS } from './metrics-route.ts';
import type { Operation } from './operation.ts';
import { REQUEST_OPERATIONS } from './request-routes.ts';
import { STATUS_OPERATIONS } from './status-routes.ts';
import { TARGET_OPERATIONS } from './target-routes.ts';

/** The path of the description, which every answer about a wrong path names. */
export const DESCRIPTION_PATH = '/openapi.json';

const DESCRIPTION: Operation = {
  method: 'GET', path: DESCRIPTION_PATH, summary: 'This description, as OpenAPI 3.1.',
  answers: { 200: { description: 'It.', contentType: 'application/json' } },
};

/** Everything that can be asked of the admin server. */
export const OPERATIONS: readonly Operation[] = [
  ...STATUS_OPERATIONS, ...HEALTH_OPERATIONS, ...TARGET_OPERATIONS, ...REQUEST_OPERATIONS, ...LIMIT_OPERATIONS,
  ...CONFIG_OPERATIONS, ...LOG_OPERATIONS, ...CERTIFICATE_OPERATIONS, ...METRICS_OPERATIONS, DESCRIPTION,
];

/** Methods of each path, as the field Allow has them. */
export function methodsByPath(operations: readonly Operation[]): ReadonlyMap<string, string> {
  const byPath = Map.groupBy(operations, ({ path }) => path);
  return new Map([...byPath].map(([path, those]) => [path, those.flatMap((operation) => methodsOf(operation)).join(', ')]));
}

/** A stream has no end, so its head alone is not to be had. */
function methodsOf({ method, answers }: Operation): string[] {
  return method === 'GET' && answers[200]?.contentType !== 'text/event-stream' ? ['GET', 'HEAD'] : [method];
}
