import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { ServerContexts } from '../tls/server-contexts.ts';
import type { DoorServices } from './door.ts';

const PROTOCOLS = ['h2', 'http/1.1'];

/** TLS on accepted connections: certificate by SNI, protocol by ALPN. */
export class TlsDoor {
  readonly #server: Server;
  #handshakes = 0;

  /** @param onSecure told of every connection whose handshake is done. */
  constructor(services: DoorServices, contexts: ServerContexts, onSecure: (socket: TLSSocket) => void) {
    const server = createServer({
      ...contexts.serverOptions,
      SNICallback: contexts.sniCallback,
      ALPNProtocols: PROTOCOLS,
      handshakeTimeout: services.config.timeouts.tlsHandshakeMs,
    });
    contexts.attach(server);
    server.on('secureConnection', (socket) => {
      this.#handshakes -= 1;
      onSecure(socket);
    });
    server.on('tlsClientError', (error, socket) => {
      this.#handshakes -= 1;
      const { logger } = services;
      if (logger.isDebug) logger.debug('TLS handshake failed', { reason: error.message, client: socket.remoteAddress });
      socket.destroy();
    });
    this.#server = server;
  }

  get isEmpty(): boolean {
    return this.#handshakes === 0;
  }

  accept(socket: Socket): void {
    // Ends with exactly one of the two events above, also where the client just leaves.
    this.#handshakes += 1;
    this.#server.emit('connection', socket);
  }

  close(): void {
    // Never listened; this lets go of the certificates' updates.
    this.#server.emit('close');
  }
}
