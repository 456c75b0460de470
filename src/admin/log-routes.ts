import type { FastifyInstance } from 'fastify';
import { Type } from '../lib/schema-type.ts';
import { answerOf, problemSchema } from './answer-schemas.ts';
import { bodyOf } from './input.ts';
import type { Operation } from './operation.ts';
import type { AdminServices } from './services.ts';

const bodySchema = Type.Object({ level: Type.Enum(['error', 'warn', 'info', 'debug'], { description: 'One of error, warn, info and debug.' }) }, { additionalProperties: false });
const answerSchema = answerOf({ level: bodySchema.properties.level });

export const LOG_OPERATIONS: readonly Operation[] = [
  { method: 'GET', path: '/log/level', summary: "The least serious messages that Sluice's own log has.", answers: { 200: { description: 'In force.', schema: answerSchema } } },
  {
    method: 'POST', path: '/log/level', summary: 'Sets that level in all threads, until the next reload.', body: bodySchema,
    answers: { 200: { description: 'In force.', schema: answerSchema }, 422: { description: 'The body is not valid.', schema: problemSchema } },
  },
];

export function addLogRoutes(app: FastifyInstance, services: AdminServices): void {
  app.get('/log/level', () => ({ level: services.logLevel() }));
  app.post('/log/level', (request) => {
    services.setLogLevel(bodyOf(bodySchema, request.body).level);
    return { level: services.logLevel() };
  });
}
