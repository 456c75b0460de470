import type { FastifyInstance } from 'fastify';
import type { Static } from 'typebox';
import { Type } from '../lib/schema-type.ts';
import { parseDuration } from '../lib/duration.ts';
import type { RequestFilter } from '../observe/recent-request.ts';
import { followedSchema, listOf, problemSchema, requestSchema } from './answer-schemas.ts';
import { queryOf } from './input.ts';
import type { Operation } from './operation.ts';
import { AdminProblem } from './problem.ts';
import { RequestStream } from './request-stream.ts';
import type { AdminServices } from './services.ts';

const REQUESTS_DEFAULT = 100;
const REQUESTS_MAX = 1000;

const filters = {
  route: Type.Optional(Type.String({ maxLength: 500, description: 'Id of a route; empty for requests that no route took.' })),
  status: Type.Optional(Type.String({ pattern: '^(?:[1-5][0-9]{2}|[1-5]xx)$', description: 'A status such as `404`, or all that begin with one digit, such as `5xx`.' })),
  code: Type.Optional(Type.String({ maxLength: 100, description: 'An error code, such as `upstream_timeout`.' })),
  slow: Type.Optional(Type.String({ pattern: '^[0-9]{1,12}(?:ms|s|m|h)?$', description: 'Only what took at least so long: `500ms`, `2s`, or milliseconds.' })),
  client: Type.Optional(Type.String({ maxLength: 100, description: 'Address of the client.' })),
};

const followSchema = Type.Object(filters, { additionalProperties: false });
const lastSchema = Type.Object(
  { ...filters, count: Type.Optional(Type.String({ pattern: '^[1-9][0-9]{0,2}$|^1000$', default: String(REQUESTS_DEFAULT), description: `At most so many, from 1 to ${REQUESTS_MAX}.` })) },
  { additionalProperties: false },
);
const notValid = { description: 'The query is not valid.', schema: problemSchema };

export const REQUEST_OPERATIONS: readonly Operation[] = [
  {
    method: 'GET', path: '/requests', summary: 'The last requests that have ended, of all workers, with all their times. How many are kept is said by `recentRequests`.', query: lastSchema,
    answers: {
      200: {
        description: 'The youngest first.',
        schema: listOf('requests', requestSchema, { silentWorkers: Type.Array(Type.Integer(), { description: 'Workers that did not answer in time, whose requests are missing.' }) }),
      },
      422: notValid,
    },
  },
  {
    method: 'GET', path: '/requests/stream', summary: 'Requests that end from now on, as server-sent events. Where nothing happens for 5 seconds a comment is sent.', query: followSchema,
    answers: {
      200: { description: 'Events called `requests`, whose data is as in the schema.', contentType: 'text/event-stream', schema: followedSchema },
      422: notValid,
      503: { description: 'As many streams are open as may be.', schema: problemSchema },
    },
  },
];

/** @returns ends all streams. */
export function addRequestRoutes(app: FastifyInstance, services: AdminServices): () => void {
  const stream = new RequestStream(services);
  app.get('/requests', async (request) => {
    const { count = REQUESTS_DEFAULT, ...query } = queryOf(lastSchema, request.query);
    return services.requests.last(filterOf(query), Number(count));
  });
  app.get('/requests/stream', { exposeHeadRoute: false }, (request, reply) => {
    const filter = filterOf(queryOf(followSchema, request.query));
    if (stream.isFull) throw new AdminProblem(503, 'Too many streams', 'As many follow the requests as may. End one of them.');
    reply.hijack();
    stream.add(reply.raw, filter);
  });
  return () => stream.end();
}

function filterOf({ route, status, code, slow, client }: Static<typeof followSchema>): RequestFilter {
  return {
    route: route ?? null, code: code ?? null, client: client ?? null,
    status: status === undefined ? null : statusRange(status),
    slowMs: slow === undefined ? null : slowness(slow),
  };
}

function statusRange(text: string): [from: number, to: number] {
  const from = Number(text.replace('xx', '00'));
  return [from, text.endsWith('xx') ? from + 99 : from];
}

function slowness(text: string): number {
  const ms = /^[0-9]+$/.test(text) ? Number(text) : null;
  try {
    return ms ?? parseDuration(text);
  } catch (error) {
    throw new AdminProblem(422, 'Not valid', `The query has a wrong \`slow\`: ${error instanceof Error ? error.message : ''}.`);
  }
}
