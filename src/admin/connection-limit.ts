import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** A client that takes nothing of its answer for so long has gone, or means no good. */
const STALLED_MS = 30_000;

/**
 * Bounds the connections of a server so that no client can keep others out: where there is no place for a new connection,
 * whoever has been silent for longest gives way, kept alive or not. A request that has come in whole keeps its connection until
 * it is answered, unless its client stops to take the answer; where all have one, the new connection is refused.
 */
export function limitConnections(server: Server, max: number, stalledMs: number = STALLED_MS): void {
  /** With the requests that are not answered yet; the one silent for longest first. */
  const open = new Map<Socket, Set<IncomingMessage>>();
  // What was closed to make place is counted until its end is told.
  server.maxConnections = max * 2;
  // Time without a byte in either direction: with nothing to be sent that is a stream at rest.
  server.setTimeout(stalledMs, (socket) => {
    if (socket.writableLength > 0) socket.destroy();
  });
  server.on('connection', (socket: Socket) => {
    if (open.size >= max && !closeSilent(open)) {
      socket.destroy();
      return;
    }
    open.set(socket, new Set());
    socket.once('close', () => open.delete(socket));
  });
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const requests = open.get(socket);
    if (requests === undefined) return;
    requests.add(request);
    response.once('close', () => {
      requests.delete(request);
      // Its silence begins.
      if (requests.size === 0 && open.delete(socket) && !socket.destroyed) open.set(socket, requests);
    });
  });
}

/** @returns false: there is none. */
function closeSilent(open: Map<Socket, ReadonlySet<IncomingMessage>>): boolean {
  for (const [socket, requests] of open) {
    if ([...requests].some(({ complete }) => complete)) continue;
    open.delete(socket);
    socket.destroy();
    return true;
  }
  return false;
}
