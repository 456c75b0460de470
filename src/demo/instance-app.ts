import websocket from '@fastify/websocket';
import fastify, { type FastifyInstance } from 'fastify';
import type { Clock } from '../lib/clock.ts';
import { EventStream } from './event-stream.ts';
import { addFailureRoutes } from './failure-routes.ts';
import { addPageRoutes } from './page-routes.ts';
import { addTransferRoutes } from './transfer-routes.ts';

interface InstanceAppOptions {
  /** Shown wherever the app answers: `demo-1`. */
  readonly name: string;
  readonly clock: Clock;
  /** Called when the answer to `POST /stop` has been sent. */
  readonly onStop: () => void;
}

const MESSAGE_BYTES_MAX = 65_536;
const ECHO_BUFFER_BYTES_MAX = 1024 ** 2;

/** The app behind the gateway in the demo: an ordinary Fastify app that says which instance answered. */
export async function createInstanceApp({ name, clock, onStop }: InstanceAppOptions): Promise<FastifyInstance> {
  const app = fastify({ forceCloseConnections: 'idle', return503OnClosing: false });
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('x-demo-instance', name);
    done();
  });
  await app.register(websocket, { options: { maxPayload: MESSAGE_BYTES_MAX } });
  await addPageRoutes(app, name);
  await addTransferRoutes(app, name);
  addFailureRoutes(app, name, clock);
  addInfoRoutes(app, name, clock);
  addEventRoute(app, name, clock);
  addEchoRoute(app, name);
  addStopRoute(app, name, onStop);
  return app;
}

function addInfoRoutes(app: FastifyInstance, name: string, clock: Clock): void {
  app.get('/health', () => ({ status: 'ok', instance: name }));
  app.get('/api/info', (request, reply) => {
    reply.header('cache-control', 'no-store');
    const { method, url, headers } = request;
    const time = new Date(clock.now()).toISOString();
    return reply.send({ instance: name, pid: process.pid, time, method, url, httpVersion: request.raw.httpVersion, peer: request.ip, headers });
  });
}

function addEventRoute(app: FastifyInstance, name: string, clock: Clock): void {
  const streams = new Set<EventStream>();
  app.get('/events', (request, reply) => {
    const lastEventId = request.headers['last-event-id'];
    const stream = new EventStream(name, clock, typeof lastEventId === 'string' ? lastEventId : undefined);
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
    return reply.headers({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).send(stream);
  });
  app.addHook('preClose', (done) => {
    for (const stream of streams) stream.end();
    done();
  });
}

function addEchoRoute(app: FastifyInstance, name: string): void {
  app.get<{ Querystring: { greet?: string } }>('/ws', { websocket: true }, (socket, request) => {
    if (request.query.greet !== undefined) socket.send(`connected to ${name}`);
    socket.on('message', (data, isBinary) => {
      // A client that sends and never reads shall not fill the memory.
      if (socket.bufferedAmount > ECHO_BUFFER_BYTES_MAX) socket.terminate();
      else socket.send(data, { binary: isBinary });
    });
  });
}

function addStopRoute(app: FastifyInstance, name: string, onStop: () => void): void {
  app.post('/stop', (request, reply) => {
    const site = request.headers['sec-fetch-site'];
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return reply.code(403).send({ instance: name, text: 'Only a page of this site may stop it.' });
    reply.raw.once('finish', onStop);
    return reply.code(202).headers({ connection: 'close' }).send({ instance: name, text: `${name} stops now.` });
  });
}
