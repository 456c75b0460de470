import type { FastifyInstance } from 'fastify';
import type { Clock } from '../lib/clock.ts';

interface SlowQuery {
  readonly ms: number;
}

interface FailQuery {
  readonly status: number;
  readonly how?: 'reset' | 'hang' | 'garbage';
}

const SLOW_SCHEMA = {
  type: 'object',
  properties: { ms: { type: 'integer', minimum: 0, maximum: 120_000, default: 3000 } },
};

const FAIL_SCHEMA = {
  type: 'object',
  properties: {
    status: { type: 'integer', minimum: 400, maximum: 599, default: 500 },
    how: { enum: ['reset', 'hang', 'garbage'] },
  },
};

/** `/slow?ms=3000` answers late; `/fail?status=500` answers with an error, `/fail?how=…` not even that. */
export function addFailureRoutes(app: FastifyInstance, instance: string, clock: Clock): void {
  app.get<{ Querystring: SlowQuery }>('/slow', { schema: { querystring: SLOW_SCHEMA } }, async (request, reply) => {
    const { ms } = request.query;
    await new Promise<void>((resolve) => {
      const stop = clock.every(Math.max(ms, 1), resolve);
      // Also when the client has gone: nothing is left behind.
      reply.raw.once('close', stop);
    });
    return { instance, waitedMs: ms };
  });

  app.get<{ Querystring: FailQuery }>('/fail', { schema: { querystring: FAIL_SCHEMA } }, (request, reply) => {
    const { status, how } = request.query;
    if (how === undefined) return reply.code(status).send({ instance, status, text: 'You asked for this error.' });
    reply.hijack();
    if (how === 'reset') request.raw.socket.resetAndDestroy();
    if (how === 'garbage') request.raw.socket.end('This is no HTTP.\r\n\r\n');
    return reply;
  });
}
