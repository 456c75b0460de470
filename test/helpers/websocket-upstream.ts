import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { WebSocketServer, type ServerOptions, type WebSocket } from 'ws';

export interface WebSocketUpstream {
  /** As a target is written in a configuration. */
  readonly target: string;
  /** Handshakes in the order they came. */
  readonly requests: readonly IncomingMessage[];
  /** What each connection was closed with, as this end saw it. */
  readonly closes: readonly { readonly code: number; readonly reason: string }[];
  readonly open: number;
}

/** A WebSocket application that echoes messages unless told otherwise; closed at teardown. */
export async function startWebSocketUpstream(
  t: Pick<Test, 'teardown'>,
  options: ServerOptions = {},
  onConnection: (socket: WebSocket) => void = echo,
): Promise<WebSocketUpstream> {
  const requests: IncomingMessage[] = [];
  const closes: { code: number; reason: string }[] = [];
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, ...options });
  server.on('connection', (socket, request) => {
    requests.push(request);
    socket.on('error', () => socket.terminate());
    socket.on('close', (code, reason) => closes.push({ code, reason: reason.toString() }));
    onConnection(socket);
  });
  await once(server, 'listening');
  t.teardown(async () => {
    for (const socket of server.clients) socket.terminate();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    closes,
    get open() {
      return server.clients.size;
    },
  };
}

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
}
