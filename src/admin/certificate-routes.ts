import type { FastifyInstance } from 'fastify';
import { AdminProblem, sendProblem } from './problem.ts';
import type { AdminServices } from './services.ts';

/**
 * `GET /certificates` lists every certificate with its next renewal and its last error. `POST /certificates/renew` with
 * `{ "host": … }` orders one by ACME now: 200 when it is there, 202 where that takes longer.
 */
export function addCertificateRoutes(app: FastifyInstance, services: AdminServices): void {
  app.get('/certificates', () => ({ certificates: services.certificates() }));
  app.post('/certificates/renew', async (request, reply) => {
    const host = hostIn(request.body);
    if (host === null) return sendProblem(reply, new AdminProblem(422, 'No host', 'Send {"host": "app.example.com"} as application/json.'));
    const result = await services.renewCertificate(host);
    switch (result.outcome) {
      case 'renewed': return { names: result.names, notAfter: result.notAfter };
      case 'running': return reply.code(202).send({ names: result.names });
      case 'unknown': return sendProblem(reply, new AdminProblem(404, 'No such certificate', result.reason));
      case 'failed': return sendProblem(reply, new AdminProblem(502, 'No certificate', result.reason));
    }
  });
}

function hostIn(body: unknown): string | null {
  try {
    const value: unknown = JSON.parse(typeof body === 'string' ? body : '');
    const host = typeof value === 'object' && value !== null && 'host' in value ? value.host : null;
    return typeof host === 'string' && host !== '' ? host : null;
  } catch {
    return null;
  }
}
