import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ClientCertificate } from '../exchange/client-certificate.ts';
import { normaliseAddress } from '../lib/ip-address.ts';
import type { ServerContexts } from '../tls/server-contexts.ts';
import type { Admission } from './admission.ts';
import { ConnectionFacts } from './connection-facts.ts';
import type { DoorServices } from './door.ts';
import { Http1Door } from './http1-door.ts';
import { Http2Door } from './http2-door.ts';
import { TlsDoor } from './tls-door.ts';

/**
 * Where every accepted connection comes in, whatever port it came to: counted, decrypted where the port
 * says so, and handed to the server of its protocol. None of these servers listens; ports are opened and
 * closed beside them, so that connections do not notice.
 */
export class FrontDoor {
  readonly #services: DoorServices;
  readonly #admission: Admission;
  readonly #http1: Http1Door;
  readonly #http2: Http2Door;
  readonly #tls: TlsDoor | null;

  constructor(services: DoorServices, admission: Admission, contexts: ServerContexts | null) {
    this.#services = services;
    this.#admission = admission;
    const { challenges, handle } = services;
    this.#http1 = new Http1Door({ ...services, handle: (exchange) => void (challenges.answer(exchange) || handle(exchange)) });
    this.#http2 = new Http2Door(services);
    this.#tls = contexts === null ? null : new TlsDoor(services, contexts, (socket, client) => this.#acceptSecure(socket, client));
  }

  accept(socket: Socket, secure: boolean): void {
    socket.on('error', ignore);
    const address = normaliseAddress(socket.remoteAddress);
    const refused = this.#admission.admit(socket, address);
    if (refused !== null) {
      const { logger, metrics, shownAddress } = this.#services;
      metrics.connectionRefused();
      if (logger.isDebug) logger.debug('connection refused', { reason: refused, client: shownAddress(address) });
      socket.destroy();
      return;
    }
    if (secure) {
      // A reload opens a port before it brings the certificates: the client that is that fast tries again.
      if (this.#tls === null) socket.destroy();
      else this.#tls.accept(socket);
      return;
    }
    this.#http1.accept(socket, new ConnectionFacts(address, socket.localPort ?? 0, false, ''));
  }

  /** Others take its place: each connection leaves when that costs nobody a request. */
  retire(): void {
    this.#http1.retire();
    this.#http2.drain();
  }

  /** Lets go of what is idle and tells the rest to finish; to be repeated until no connection is left. */
  drain(): void {
    this.#http1.drain();
    this.#http2.drain();
  }

  /** No connection is left that came in here. */
  get isEmpty(): boolean {
    return this.#http1.isEmpty && this.#http2.isEmpty && (this.#tls?.isEmpty ?? true);
  }

  /** Ends every connection at once. */
  close(): void {
    this.#http1.close();
    this.#http2.close();
    this.#tls?.close();
  }

  #acceptSecure(socket: TLSSocket, client: ClientCertificate | null): void {
    socket.on('error', ignore);
    const address = normaliseAddress(socket.remoteAddress);
    const facts = new ConnectionFacts(address, socket.localPort ?? 0, true, socket.getProtocol() ?? '', client);
    if (socket.alpnProtocol === 'h2') this.#http2.accept(socket, facts);
    else this.#http1.accept(socket, facts);
  }
}

/** What goes wrong on a connection ends it, and its close is heard where it matters. */
function ignore(): void {}
