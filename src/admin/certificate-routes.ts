import type { FastifyInstance } from 'fastify';
import { Type } from '../lib/schema-type.ts';
import { answerOf, certificateSchema, listOf, problemSchema } from './answer-schemas.ts';
import { bodyOf } from './input.ts';
import type { Operation } from './operation.ts';
import { AdminProblem, sendProblem } from './problem.ts';
import type { AdminServices } from './services.ts';

const bodySchema = Type.Object(
  { host: Type.String({ minLength: 1, maxLength: 253, description: 'A host that has, or is to have, a certificate of ACME, such as {"host": "app.example.com"}.' }) },
  { additionalProperties: false },
);
const names = Type.Array(Type.String());

export const CERTIFICATE_OPERATIONS: readonly Operation[] = [
  {
    method: 'GET', path: '/certificates', summary: 'Every certificate, with its next renewal and its last error.',
    answers: { 200: { description: 'Those that are there, and those that are to come.', schema: listOf('certificates', certificateSchema) } },
  },
  {
    method: 'POST', path: '/certificates/renew', summary: 'Orders a certificate for a host by ACME now, due or not.', body: bodySchema,
    answers: {
      200: { description: 'It is in use.', schema: answerOf({ names, notAfter: Type.String() }) },
      202: { description: 'The order is running still.', schema: answerOf({ names }) },
      404: { description: 'No certificate of ACME has this host.', schema: problemSchema },
      422: { description: 'The body is not valid.', schema: problemSchema },
      502: { description: 'It cannot be had; the problem says why.', schema: problemSchema },
    },
  },
];

export function addCertificateRoutes(app: FastifyInstance, services: AdminServices): void {
  app.get('/certificates', () => ({ certificates: services.certificates() }));
  app.post('/certificates/renew', async (request, reply) => {
    const result = await services.renewCertificate(bodyOf(bodySchema, request.body).host);
    switch (result.outcome) {
      case 'renewed': return { names: result.names, notAfter: result.notAfter };
      case 'running': return reply.code(202).send({ names: result.names });
      case 'unknown': return sendProblem(reply, new AdminProblem(404, 'No such certificate', result.reason));
      case 'failed': return sendProblem(reply, new AdminProblem(502, 'No certificate', result.reason));
    }
  });
}
