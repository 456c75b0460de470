import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Bounds the connections of a server so that those who say nothing cannot keep others out: where there is no place for a new
 * one, whoever has been silent for longest gives way, kept alive or not. A request that has come in whole keeps its
 * connection until it is answered; where all have one, the new connection is refused.
 */
export function limitConnections(server: Server, max: number): void {
  /** The one silent for longest first. Null: no request of it is in work. */
  const open = new Map<Socket, IncomingMessage | null>();
  // What was closed to make place is counted until its end is told.
  server.maxConnections = max * 2;
  server.on('connection', (socket: Socket) => {
    if (open.size >= max && !closeSilent(open)) {
      socket.destroy();
      return;
    }
    open.set(socket, null);
    socket.once('close', () => open.delete(socket));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    if (open.has(socket)) open.set(socket, request);
    response.once('close', () => {
      // Its silence begins.
      if (open.delete(socket) && !socket.destroyed) open.set(socket, null);
    });
  });
}

/** @returns false: there is none. */
function closeSilent(open: Map<Socket, IncomingMessage | null>): boolean {
  for (const [socket, request] of open) {
    if (request?.complete === true) continue;
    open.delete(socket);
    socket.destroy();
    return true;
  }
  return false;
}
