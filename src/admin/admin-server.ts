import fastify, { type FastifyInstance } from 'fastify';
import type { ListenAddress } from '../config/config.ts';
import { NO_SCHEMAS } from '../lib/no-schemas.ts';
import { serverDescriptor } from '../lib/server-descriptor.ts';
import type { Logger } from '../observe/logger.ts';
import { addLimits } from './admin-limits.ts';
import { addRoutes } from './admin-routes.ts';
import { ADMIN_TOKEN_CHARS_MIN, ADMIN_TOKEN_VARIABLE } from './admin-token.ts';
import { limitConnections } from './connection-limit.ts';
import { addressText, isLoopback } from './loopback.ts';
import { methodsByPath, OPERATIONS } from './operations.ts';
import { AdminProblem, sendProblem } from './problem.ts';
import { createRequestGuard, isProbe } from './request-guard.ts';
import type { AdminServices } from './services.ts';

interface AdminServerOptions {
  /** Port 0 takes a free one. */
  readonly address: ListenAddress;
  readonly services: AdminServices;
  readonly logger: Logger;
  /** Bearer token, of adminToken(). Null: none, which is refused where the address is not loopback. */
  readonly token: string | null;
  /** A socket that listens there already; default: none. */
  readonly descriptor?: number | null;
}

export interface AdminServer {
  /** Where it listens, with the port that was taken. */
  readonly address: ListenAddress;
  /** Of its socket, for a process that is to go on with it; null where the platform has none. */
  readonly descriptor: number | null;
  /** Stops listening, and resolves when the requests in work have been answered. */
  retire(): Promise<void>;
  /** Stops listening and closes every connection. */
  close(): Promise<void>;
}

/** The admin server cannot listen; the message says why and what to change. */
export class AdminListenError extends Error {
  override readonly name = 'AdminListenError';
}

const BODY_BYTES_MAX = 16_384;
const HEADER_BYTES_MAX = 8192;
const REQUEST_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_TIMEOUT_MS = 15_000;
const CONNECTIONS_MAX = 64;

const METHODS = methodsByPath(OPERATIONS);

/** Starts the admin server on this thread. Throws AdminListenError where it may not or cannot listen. */
export async function createAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { address, services, logger, token, descriptor = null } = options;
  checkToken(address, token);
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: true,
    schemaController: NO_SCHEMAS,
    http: { maxHeaderSize: HEADER_BYTES_MAX, headersTimeout: REQUEST_TIMEOUT_MS, connectionsCheckingInterval: 1000 },
  });
  limitConnections(app.server, CONNECTIONS_MAX);
  const guard = createRequestGuard(address, token);
  const failures = await addLimits(app);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" });
    if (!isProbe(request)) await failures.check(request);
    try {
      guard(request);
    } catch (error) {
      // A page of another site can cause the other refusals, and must not lock its visitor out.
      if (error instanceof AdminProblem && error.status === 401) await failures.count(request);
      throw error;
    }
  });
  // Where a body is to say something, its route reads it; elsewhere an empty one is as good as `{}`.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  addErrorAnswers(app, logger);
  const endStreams = addRoutes(app, services);
  const bound = await listen(app, address, descriptor);
  logger.info('admin server listens', { address: addressText(bound) });
  return { address: bound, descriptor: serverDescriptor(app.server), retire: async () => retire(app, endStreams), close: () => app.close() };
}

function addErrorAnswers(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof AdminProblem) {
      if (error.status === 429 && !reply.hasHeader('retry-after')) reply.header('retry-after', '60');
      if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="sluice admin"');
      return sendProblem(reply, error);
    }
    const status = statusOf(error);
    if (status < 500) return sendProblem(reply, new AdminProblem(status, 'Request refused', 'The request is not valid.'));
    logger.error('the admin server failed to answer', { error });
    return sendProblem(reply, new AdminProblem(500, 'Internal error', 'The cause is in the log.'));
  });
  app.setNotFoundHandler({ preHandler: app.rateLimit() }, (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const methods = METHODS.get(path);
    if (methods === undefined) return sendProblem(reply, new AdminProblem(404, 'Not found', `There are: ${[...METHODS.keys()].join(', ')}.`));
    reply.header('allow', methods);
    return sendProblem(reply, new AdminProblem(405, 'Method not allowed', `${path} takes ${methods}.`));
  });
}

function statusOf(error: unknown): number {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  return typeof status === 'number' && status >= 400 ? status : 500;
}

function checkToken(address: ListenAddress, token: string | null): void {
  if (token !== null && token.length < ADMIN_TOKEN_CHARS_MIN) {
    throw new AdminListenError(`${ADMIN_TOKEN_VARIABLE} is too short: at least ${ADMIN_TOKEN_CHARS_MIN} characters are needed.`);
  }
  if (token !== null && !/^[\x21-\x7e]+$/.test(token)) {
    throw new AdminListenError(`${ADMIN_TOKEN_VARIABLE} must be one word of printable characters without spaces: it is sent in a header.`);
  }
  if (token !== null || isLoopback(address.host)) return;
  throw new AdminListenError(
    `The admin server does not listen on ${addressText(address)} without a token, because other machines can reach that address. ` +
      `Set ${ADMIN_TOKEN_VARIABLE}, or let listen.admin be a loopback address such as 127.0.0.1:${address.port}.`,
  );
}

async function listen(app: FastifyInstance, address: ListenAddress, descriptor: number | null): Promise<ListenAddress> {
  const place = { host: address.host, port: address.port, ...(descriptor !== null && { fd: descriptor }) };
  try {
    await app.listen(place);
  } catch (error) {
    await app.close();
    throw new AdminListenError(listenFailure(address, error), { cause: error });
  }
  const bound = app.server.address();
  return { host: address.host, port: typeof bound === 'object' && bound !== null ? bound.port : address.port };
}

async function retire(app: FastifyInstance, endStreams: () => void): Promise<void> {
  endStreams();
  await new Promise((resolve) => app.server.close(resolve));
  await app.close();
}

function listenFailure(address: ListenAddress, error: unknown): string {
  const place = addressText(address);
  switch (error instanceof Error && 'code' in error ? error.code : '') {
    case 'EADDRINUSE':
      return `The admin address ${place} is in use, maybe by another Sluice. Stop that one, or give listen.admin a free port.`;
    case 'EACCES':
      return `The admin address ${place} may not be used by this user. Give listen.admin a port above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `The admin address ${place} does not belong to this machine.`;
    default:
      return `The admin server cannot listen on ${place}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
