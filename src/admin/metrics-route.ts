import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import type { Operation } from './operation.ts';
import type { AdminServices } from './services.ts';

const compress = promisify(gzip);
/** Below that, there is nothing to be gained. */
const COMPRESSED_BYTES_MIN = 1024;

export const METRICS_OPERATIONS: readonly Operation[] = [
  {
    method: 'GET', path: '/metrics', summary: 'Every metric, as Prometheus text, or as OpenMetrics where `Accept` asks for it.',
    answers: { 200: { description: 'All of them.', contentType: 'text/plain' } },
  },
];


export function addMetricsRoute(app: FastifyInstance, services: Pick<AdminServices, 'metrics'>): void {
  app.get('/metrics', async (request, reply) => {
    const { contentType, body } = await services.metrics(request.headers.accept ?? '');
    reply.header('content-type', contentType).header('vary', 'accept, accept-encoding');
    if (body.length < COMPRESSED_BYTES_MIN || !acceptsGzip(request.headers['accept-encoding'])) return reply.send(body);
    return reply.header('content-encoding', 'gzip').send(await compress(body));
  });
}

/** RFC 9110 §12.5.3; `q=0` refuses. */
function acceptsGzip(header: string | string[] | undefined): boolean {
  return String(header ?? '').split(',').some((item) => /^\s*gzip\s*(?:;\s*q=(?:1(?:\.0*)?|0?\.\d*[1-9]\d*)\s*)?$/i.test(item));
}
