import type { FastifyInstance } from 'fastify';
import { Type } from '../lib/schema-type.ts';
import { problemSchema } from './answer-schemas.ts';
import type { Operation } from './operation.ts';
import { readPageFiles } from './page-files.ts';
import { AdminProblem } from './problem.ts';
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

/** The page and this stream belong together and change together, so that nobody else should read it. */
const eventSchema = Type.Object({}, { description: 'For the page of the same version: sections that have changed, and traffic.' });

export const STATUS_OPERATIONS: readonly Operation[] = [
  { method: 'GET', path: '/', summary: 'The status page, which says nothing by itself.', isOpen: true, answers: { 200: { description: 'The page.', contentType: 'text/html' } } },
  {
    method: 'GET', path: '/page/{folder}/{file}', summary: 'A file of the status page.', isOpen: true,
    answers: { 200: { description: 'The file.', contentType: 'text/javascript' }, 404: { description: 'There is no such file.', schema: problemSchema } },
  },
  {
    method: 'GET', path: '/status/stream', summary: 'What the status page shows, as server-sent events: all of it first, then each second what has changed.',
    answers: {
      200: { description: 'Events called `snapshot` and `second`.', contentType: 'text/event-stream', schema: eventSchema },
      503: { description: 'As many streams are open as may be.', schema: problemSchema },
    },
  },
];

/** @returns ends all streams. */
export function addStatusRoutes(app: FastifyInstance, services: StatusStreamServices): () => void {
  const { html, assets } = readPageFiles();
  const files = new Map(assets.map((asset) => [asset.path, asset]));
  const stream = new StatusStream(services);
  app.get('/', (_request, reply) => reply.headers(HEADERS).type('text/html; charset=utf-8').send(html));
  app.get('/page/:folder/:file', (request, reply) => {
    const file = files.get(request.url.split('?', 1)[0] ?? '');
    if (file === undefined) throw new AdminProblem(404, 'Not found', 'The page has no such file; it may be of another version.');
    return reply.headers({ ...HEADERS, 'cache-control': KEPT }).type(file.type).send(file.body);
  });
  app.get('/status/stream', { exposeHeadRoute: false }, async (_request, reply) => {
    if (stream.isFull) throw new AdminProblem(503, 'Too many streams', 'Close a status page that is open elsewhere.');
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
