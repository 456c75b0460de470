import type { FastifyInstance } from 'fastify';
import { Type } from '../lib/schema-type.ts';
import { answerOf, limitSchema, listOf, problemSchema } from './answer-schemas.ts';
import { bodyOf, queryOf } from './input.ts';
import type { Operation } from './operation.ts';
import type { AdminServices } from './services.ts';

/** An address, the name of an API key, whatever limits are kept by. */
const keySchema = Type.Object(
  { key: Type.String({ minLength: 1, maxLength: 500, description: 'What a client is counted by: its address, the name of its API key, its user name, a value of its requests; or the id of a route, the name of a zone, `global`.' }) },
  { additionalProperties: false },
);
const refusals = {
  422: { description: 'No valid key was given.', schema: problemSchema },
  503: { description: 'Redis, where the limits are counted, cannot be asked.', schema: problemSchema },
};

export const LIMIT_OPERATIONS: readonly Operation[] = [
  {
    method: 'GET', path: '/limits', summary: 'What rate limits have counted under a key.', query: keySchema,
    answers: { 200: { description: 'One entry for each limit that has counted it. None: it has not been seen, or not for a while.', schema: listOf('limits', limitSchema) }, ...refusals },
  },
  {
    method: 'POST', path: '/limits/clear', summary: 'Forgets a key, so that its client may begin anew.', body: keySchema,
    answers: { 200: { description: 'How many counts there were.', schema: answerOf({ cleared: Type.Integer() }) }, ...refusals },
  },
];

/** Keys can be personal data, so they are answered to whoever knows them, never listed and never logged. */
export function addLimitRoutes(app: FastifyInstance, services: AdminServices): void {
  app.get('/limits', async (request) => ({ limits: await services.limits.find(queryOf(keySchema, request.query).key) }));
  app.post('/limits/clear', async (request) => ({ cleared: await services.limits.clear(bodyOf(keySchema, request.body).key) }));
}
