import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type { Test } from 'tap';
import { RawClient } from './raw-client.ts';
import { startRawUpstream, type TestUpstream } from './upstream.ts';

export interface ScriptedUpstream extends TestUpstream {
  /** The next connection, in the order they came; a test reads its request and answers it byte by byte. */
  accept(): Promise<RawClient>;
}

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

/** An upstream that does nothing by itself. Closed at teardown. */
export async function startScriptedUpstream(t: Pick<Test, 'teardown'>): Promise<ScriptedUpstream> {
  const queue = new ConnectionQueue();
  const upstream = await startRawUpstream((socket) => queue.push(socket));
  t.teardown(async () => upstream.close());
  return withAccept(upstream, queue);
}

/** The same behind TLS; connections are given out after their handshake. */
export async function startScriptedTlsUpstream(t: Pick<Test, 'teardown'>, options: tls.TlsOptions): Promise<ScriptedUpstream> {
  const queue = new ConnectionQueue();
  const server = tls.createServer(options, (socket) => {
    socket.on('error', () => socket.destroy());
    queue.push(socket);
  });
  const upstream = await startRawUpstream((socket) => void server.emit('connection', socket));
  t.teardown(async () => upstream.close());
  return withAccept(upstream, queue);
}

/** A port of 127.0.0.1 that refuses connections. */
export async function refusingPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function withAccept(upstream: TestUpstream, queue: ConnectionQueue): ScriptedUpstream {
  return Object.create(upstream, { accept: { value: async () => queue.next() } }) as ScriptedUpstream;
}

class ConnectionQueue {
  readonly #come: RawClient[] = [];
  readonly #waiting: ((connection: RawClient) => void)[] = [];

  push(socket: net.Socket): void {
    const connection = RawClient.over(socket);
    const waiter = this.#waiting.shift();
    if (waiter === undefined) this.#come.push(connection);
    else waiter(connection);
  }

  async next(): Promise<RawClient> {
    const connection = this.#come.shift();
    if (connection !== undefined) return connection;
    const { promise, resolve, reject } = Promise.withResolvers<RawClient>();
    const timer = setTimeout(reject, 5000, new Error('no connection came within 5 s'));
    this.#waiting.push((next) => {
      clearTimeout(timer);
      resolve(next);
    });
    return promise;
  }
}
