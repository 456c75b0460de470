import type { FastifyInstance } from 'fastify';
import { addCertificateRoutes } from './certificate-routes.ts';
import { addConfigRoutes } from './config-routes.ts';
import { addHealthRoutes } from './health-routes.ts';
import { addLimitRoutes } from './limit-routes.ts';
import { addLogRoutes } from './log-routes.ts';
import { addMetricsRoute } from './metrics-route.ts';
import { openApiText } from './openapi.ts';
import { DESCRIPTION_PATH, OPERATIONS } from './operations.ts';
import { addRequestRoutes } from './request-routes.ts';
import type { AdminServices } from './services.ts';
import { addStatusRoutes } from './status-routes.ts';
import { addTargetRoutes } from './target-routes.ts';

/** Answers every operation. @returns ends the answers that have no end of their own. */
export function addRoutes(app: FastifyInstance, services: AdminServices): () => void {
  addHealthRoutes(app, services);
  addTargetRoutes(app, services);
  addLimitRoutes(app, services);
  addConfigRoutes(app, services);
  addLogRoutes(app, services);
  addCertificateRoutes(app, services);
  addMetricsRoute(app, services);
  const description = openApiText(OPERATIONS);
  app.get(DESCRIPTION_PATH, (_request, reply) => reply.type('application/json').send(description));
  const endings = [addRequestRoutes(app, services), addStatusRoutes(app, services)];
  return () => {
    for (const end of endings) end();
  };
}
