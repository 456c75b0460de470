import type { FastifyInstance } from 'fastify';
import { Type } from '../lib/schema-type.ts';
import { answerOf, healthSchema } from './answer-schemas.ts';
import { healthView } from './health-view.ts';
import type { Operation } from './operation.ts';
import { addReloadRoute, RELOAD_OPERATION } from './reload-route.ts';
import type { AdminServices } from './services.ts';

export const HEALTH_OPERATIONS: readonly Operation[] = [
  { method: 'GET', path: '/health', summary: 'What runs, and how it is.', answers: { 200: { description: 'What runs.', schema: healthSchema } } },
  { method: 'GET', path: '/liveness', summary: 'Whether the process is alive.', isOpen: true, answers: { 200: { description: 'It is.', schema: answerOf({ status: Type.Enum(['alive']) }) } } },
  {
    method: 'GET', path: '/readiness', summary: 'Whether the public listeners take requests.', isOpen: true,
    answers: {
      200: { description: 'They do.', schema: answerOf({ status: Type.Enum(['ready']) }) },
      503: { description: 'Not yet, or no more.', schema: answerOf({ status: Type.Enum(['not ready']) }) },
    },
  },
  RELOAD_OPERATION,
];

export function addHealthRoutes(app: FastifyInstance, services: AdminServices): void {
  app.get('/health', () => healthView(services.status(), services.certificates()));
  // Whoever asks too often must not get the gateway restarted by those who look after it.
  const unlimited = { config: { rateLimit: false } } as const;
  app.get('/liveness', unlimited, () => ({ status: 'alive' }));
  app.get('/readiness', unlimited, (_request, reply) => {
    const isReady = services.ready();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready' });
  });
  addReloadRoute(app, services);
}
