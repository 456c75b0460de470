import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import net, { type AddressInfo } from 'node:net';
import { Readable, type Duplex } from 'node:stream';
import websocket from '@fastify/websocket';
import Fastify from 'fastify';

/** A running test server. Counts grow from the start; `open` is what is connected right now. */
export interface TestUpstream {
  readonly port: number;
  /** `127.0.0.1:PORT`, as a target is written in a configuration. */
  readonly target: string;
  readonly connections: number;
  readonly open: number;
  /** Of a raw upstream: connections, since nobody there knows what a request is. */
  readonly requests: number;
  /** Cuts every connection and stops listening. */
  close(): Promise<void>;
}

export type HttpHandler = (request: http.IncomingMessage, response: http.ServerResponse) => void | Promise<void>;

export interface HttpUpstreamOptions {
  /** Given: HTTPS with these. */
  readonly tls?: https.ServerOptions;
  /** A unix socket's path, in place of a port; `port` is 0 and `target` is `unix:PATH` then. */
  readonly path?: string;
  /** Takes connections that are to change their protocol. */
  readonly upgrade?: (request: http.IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** An HTTP/1.1 server on port 0. A handler that throws or rejects answers 500 with the reason, where it still can. */
export async function startHttpUpstream(handler: HttpHandler, options: HttpUpstreamOptions = {}): Promise<TestUpstream> {
  const server = options.tls === undefined ? http.createServer() : https.createServer(options.tls);
  // An idle connection must outlive any test, so that only the test decides when it closes.
  server.keepAliveTimeout = 60_000;
  const count = { requests: 0 };
  if (options.upgrade !== undefined) server.on('upgrade', options.upgrade);
  server.on('request', (request: http.IncomingMessage, response: http.ServerResponse) => {
    count.requests++;
    void answer(handler, request, response);
  });
  return listen(server, count, options.path);
}

async function answer(handler: HttpHandler, request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  try {
    await handler(request, response);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else response.writeHead(500).end(String(error));
  }
}

/** A TCP server that does with each connection what it is told; `index` counts connections from 0. @param port 0: any. */
export async function startRawUpstream(onConnection: (socket: net.Socket, index: number) => void, port = 0): Promise<TestUpstream> {
  const count = { requests: 0 };
  const server = net.createServer((socket) => {
    // A proxy may cut a connection at any time; that is for the test to judge, not to die of.
    socket.on('error', () => socket.destroy());
    onConnection(socket, count.requests++);
  });
  return listen(server, count, undefined, port);
}

/**
 * For startRawUpstream: waits for the end of the request's head on each connection, writes `bytes`
 * (Latin-1) and, with `end`, closes. Each further head on the connection gets the same again.
 */
export function answerWith(bytes: string, options: { readonly end?: boolean } = {}): (socket: net.Socket) => void {
  return (socket) => {
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      for (let at = received.indexOf('\r\n\r\n'); at >= 0; at = received.indexOf('\r\n\r\n')) {
        received = received.slice(at + 4);
        if (options.end === true) socket.end(bytes, 'latin1');
        else socket.write(bytes, 'latin1');
      }
    });
  };
}

/** For startHttpUpstream: answers 200 with JSON of what arrived: `{ method, url, headers, body }`. */
export async function echoRequest(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const body = await readText(request);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ method: request.method, url: request.url, headers: request.headers, body }));
}

/** The whole body of a message as UTF-8. */
export async function readText(message: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/**
 * An application as users write them, with Fastify. GET /json; POST /json gives back its body; GET
 * /events?count=N sends N server-sent events (without count: one, and stays open); /ws echoes WebSocket
 * messages and speaks the subprotocol `echo`; POST /upload gives `{ bytes, sha256 }`; GET
 * /download/BYTES sends that many random bytes with their SHA-256 in `x-sha256`.
 */
export async function startFastifyApp(): Promise<TestUpstream> {
  const app = Fastify({ bodyLimit: 64 * 1024 * 1024 });
  const count = { requests: 0 };
  app.addHook('onRequest', async () => void count.requests++);
  await app.register(websocket, { options: { handleProtocols: (offered) => (offered.has('echo') ? 'echo' : false) } });
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload));
  app.get('/json', async () => ({ hello: 'world' }));
  app.post('/json', async (request) => request.body);
  app.get<{ Querystring: { count?: string } }>('/events', (request, reply) => {
    const total = Number(request.query.count ?? 1);
    reply.hijack();
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    for (let id = 1; id <= total; id++) reply.raw.write(`id: ${id}\ndata: event ${id}\n\n`);
    if (request.query.count !== undefined) reply.raw.end();
  });
  app.get('/ws', { websocket: true }, (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data as Buffer, { binary: isBinary }));
  });
  app.post('/upload', async (request) => {
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of request.body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      hash.update(chunk);
    }
    return { bytes, sha256: hash.digest('hex') };
  });
  app.get<{ Params: { bytes: string } }>('/download/:bytes', async (request, reply) => {
    const content = randomBytes(Number(request.params.bytes));
    void reply.headers({ 'x-sha256': createHash('sha256').update(content).digest('hex'), 'content-length': content.length });
    return reply.type('application/octet-stream').send(Readable.from([content]));
  });
  await app.ready();
  return listen(app.server, count, undefined);
}

async function listen(server: net.Server, count: { requests: number }, socketPath: string | undefined, wantedPort = 0): Promise<TestUpstream> {
  const open = new Set<net.Socket>();
  let connections = 0;
  server.on('connection', (socket: net.Socket) => {
    connections++;
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  if (socketPath === undefined) server.listen(wantedPort, '127.0.0.1');
  else server.listen(socketPath);
  await once(server, 'listening');
  const port = socketPath === undefined ? (server.address() as AddressInfo).port : 0;
  return {
    port,
    target: socketPath === undefined ? `127.0.0.1:${port}` : `unix:${socketPath}`,
    get connections() {
      return connections;
    },
    get open() {
      return open.size;
    },
    get requests() {
      return count.requests;
    },
    async close() {
      const closed = server.listening ? once(server, 'close') : null;
      server.close();
      for (const socket of open) socket.destroy();
      await closed;
    },
  };
}
