import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionFacts } from './connection-facts.ts';

/** How long a connection that was just opened may take to send its first request. */
const FIRST_REQUEST_MS = 1000;

/** How long one that was in use may take to send its next, whose answer then says that it was the last. */
const NEXT_REQUEST_MS = 200;

/**
 * Closes those of the open HTTP/1.1 connections on which nothing is in work and no request may be on its way, which
 * to close would be a reset. To be called again and again.
 */
export function closeIdle(server: Server, open: ReadonlyMap<Socket, ConnectionFacts>, nowMs: number): void {
  const spared: Socket[] = [];
  for (const [socket, facts] of open) {
    if (facts.exchange !== null || mayAsk(socket, facts, nowMs)) spared.push(socket);
    // Opened for later, as browsers do. Node 24 takes it for one in use; Node 26 for an idle one, the newest included.
    else if (socket.bytesRead === 0) socket.destroy();
  }
  // Only Node knows on which ones half a head has come; but an answer that has not been sent yet is over to it.
  for (const socket of spared) socket.destroy = stay;
  server.closeIdleConnections();
  for (const socket of spared) Reflect.deleteProperty(socket, 'destroy');
}

function mayAsk({ bytesRead }: Socket, facts: ConnectionFacts, nowMs: number): boolean {
  if (bytesRead === 0) return nowMs - facts.acceptedMs < FIRST_REQUEST_MS;
  facts.idleSinceMs ??= nowMs;
  return nowMs - facts.idleSinceMs < NEXT_REQUEST_MS;
}

function stay(this: Socket): Socket {
  return this;
}
