import fastify, { type FastifyInstance, type FastifyRequest, type onRequestHookHandler } from 'fastify';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { GatewayError } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { NO_SCHEMAS } from '../lib/no-schemas.ts';
import { createServer } from '../lib/node-http.ts';
import { answerError } from '../respond/answer.ts';
import type { RequestPhase } from './policy.ts';

/** What happens to a request that passed everything in front of its route. What it throws becomes the answer. */
export type RouteHandler = (exchange: Exchange) => void;

/** What a request passes on its route, and where it comes to in the end. */
export interface PipelineRoute {
  readonly phases: readonly RequestPhase[];
  readonly handle: RouteHandler;
}

/**
 * One Fastify instance per generation with one Fastify route per configured route, on which policies are
 * hooks. Which route it is has been decided before (request/route-table.ts); Fastify's router only
 * turns its number into the compiled chain.
 */
export class Pipeline {
  readonly #app: FastifyInstance;

  private constructor(app: FastifyInstance) {
    this.#app = app;
  }

  static async create(routes: readonly PipelineRoute[]): Promise<Pipeline> {
    const app = fastify({
      logger: false,
      exposeHeadRoutes: false,
      return503OnClosing: false,
      schemaController: NO_SCHEMAS,
      // Fastify wants a server of its own; this one never listens. Requests come in through `routing`.
      serverFactory: () => createServer(),
    });
    app.setErrorHandler((error, request, reply) => {
      reply.hijack();
      answerError(exchangeOf(request), error);
    });
    app.setNotFoundHandler((request, reply) => {
      reply.hijack();
      answerError(exchangeOf(request), new GatewayError('internal_error', 'the route has no chain'));
    });
    for (const [index, { phases, handle }] of routes.entries()) {
      app.get(`/${index}`, { onRequest: phases.map(hookOf) }, (request, reply) => {
        reply.hijack();
        const exchange = exchangeOf(request);
        // Fastify passes nothing on that is thrown behind `hijack`: the client would wait for ever.
        try {
          handle(exchange);
        } catch (error) {
          answerError(exchange, error);
        }
      });
    }
    await app.ready();
    return new Pipeline(app);
  }

  /** Sends a request through the hooks of route `index`, and to its handler if all let it pass. */
  run(exchange: Exchange, index: number): void {
    this.#app.routing(new PipelineRequest(exchange, index) as unknown as IncomingMessage, new PipelineResponse() as unknown as ServerResponse);
  }

  async close(): Promise<void> {
    await this.#app.close();
  }
}

/** A phase as a hook. One that has answered, or whose client has gone, ends the chain. */
function hookOf(phase: RequestPhase): onRequestHookHandler {
  return (request, reply, done) => {
    const exchange = exchangeOf(request);
    const goOn = (): void => {
      if (exchange.sink.headSent || exchange.sink.closed) reply.hijack();
      else done();
    };
    const fail = (error: unknown): void => done(error instanceof Error ? error : new Error(String(error)));
    try {
      const waiting = phase(exchange);
      if (waiting === undefined) goOn();
      else void settle(waiting, goOn, fail);
    } catch (error) {
      fail(error);
    }
  };
}

async function settle(waiting: Promise<void>, goOn: () => void, fail: (error: unknown) => void): Promise<void> {
  try {
    await waiting;
  } catch (error) {
    fail(error);
    return;
  }
  goOn();
}

function exchangeOf(request: FastifyRequest): Exchange {
  return (request.raw as unknown as PipelineRequest).exchange;
}

/** Phases read the headers of the exchange; to make an object of them for nobody took 0.9 µs of a browser's request. */
const NO_HEADERS: Readonly<Record<string, string>> = Object.freeze({});

/**
 * What Fastify sees of a request: the number of its route, as the path of a GET. The client's own method,
 * target and body stay out of reach of parsers that would buffer them, and HTTP/1.1 and HTTP/2 look alike.
 */
class PipelineRequest {
  readonly method = 'GET';
  readonly httpVersionMajor = 1;
  readonly url: string;
  readonly exchange: Exchange;
  /** Fastify looks at `connection` and `accept-version` of every request, and does nothing where they are not there. */
  readonly headers = NO_HEADERS;

  constructor(exchange: Exchange, index: number) {
    this.exchange = exchange;
    this.url = `/${index}`;
  }
}

/** Fastify writes a status here before an error reaches us; every real answer goes through the exchange's sink. */
class PipelineResponse {
  statusCode = 200;
}
