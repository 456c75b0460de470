import type { FastifyInstance } from 'fastify';
import { readPageFiles } from './page-files.ts';
import { AdminProblem, sendProblem } from './problem.ts';
import { StatusStream, type StatusStreamServices } from './status-stream.ts';

/** All that the page needs is its own; nothing is inline, and no text becomes markup. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'; trusted-types 'none'";

const HEADERS = {
  'content-security-policy': POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
};

/** A year; the paths change with the files. */
const KEPT = 'public, max-age=31536000, immutable';

/**
 * `GET /` is the status page, which says nothing by itself; what it shows comes from `GET /status/stream` as server-sent
 * events. @returns ends all streams.
 */
export function addStatusRoutes(app: FastifyInstance, services: StatusStreamServices): () => void {
  const { html, assets } = readPageFiles();
  const stream = new StatusStream(services);
  app.get('/', (_request, reply) => reply.headers(HEADERS).type('text/html; charset=utf-8').send(html));
  for (const { path, type, body } of assets) {
    app.get(path, (_request, reply) => reply.headers({ ...HEADERS, 'cache-control': KEPT }).type(type).send(body));
  }
  app.get('/status/stream', { exposeHeadRoute: false }, async (_request, reply) => {
    if (stream.isFull) return sendProblem(reply, new AdminProblem(503, 'Too many streams', 'Close a status page that is open elsewhere.'));
    reply.hijack();
    try {
      await stream.add(reply.raw);
    } catch (error) {
      // Behind `hijack` nobody else would end it.
      reply.raw.destroy();
      throw error;
    }
    return reply;
  });
  return () => stream.end();
}
