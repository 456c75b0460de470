import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { answerOf, healthSchema, problemSchema } from './answer-schemas.ts';
import { healthView } from './health-view.ts';
import type { Operation } from './operation.ts';
import { AdminProblem, sendProblem } from './problem.ts';
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
  {
    method: 'POST', path: '/reload', summary: 'Reads the configuration again.',
    answers: {
      200: { description: 'It is in force.', schema: answerOf({ generation: Type.Integer(), ms: Type.Integer() }) },
      409: { description: 'It cannot be taken over now; the old one stays.', schema: problemSchema },
      422: { description: 'It has errors, which `diagnostics` lists; the old one stays.', schema: problemSchema },
    },
  },
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
  app.post('/reload', async (_request, reply) => {
    const result = await services.reload();
    if (result.ok) return { generation: result.generation, ms: result.ms };
    const { error, diagnostics } = result;
    const status = result.reason === 'invalid' ? 422 : 409;
    return sendProblem(reply, new AdminProblem(status, 'Reload refused', error), { error, diagnostics });
  });
}
