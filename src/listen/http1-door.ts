import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ERRORS, type ErrorCode } from '../exchange/errors.ts';
import { Exchange } from '../exchange/exchange.ts';
import { RequestHead } from '../exchange/request-head.ts';
import { createServer } from '../lib/node-http.ts';
import { problem } from '../respond/answer.ts';
import { Http1Sink } from '../respond/http1-sink.ts';
import { closeIdle } from './close-idle.ts';
import type { ConnectionFacts } from './connection-facts.ts';
import { DetachedResponse } from './detached-response.ts';
import type { DoorServices } from './door.ts';
import { Turns } from './turns.ts';

const CHECK_MS_MAX = 1000;
const NO_HEAD = new RequestHead([]);
/** What the parser says of a client that goes away before its request is whole. */
const LEFT = 'HPE_INVALID_EOF_STATE';

/** Upgrades that would change the protocol between us and the client without our speaking it (RFC 9113 §3.1; smuggling by h2c). */
const NEVER_UPGRADED = /(?:^|,)\s*(?:h2c?|tls\/|http\/)/;

/** HTTP/1.1 on connections that others have accepted, plain or decrypted. */
export class Http1Door {
  readonly #services: DoorServices;
  readonly #facts = new WeakMap<Duplex, ConnectionFacts>();
  readonly #server: Server;
  readonly #open = new Map<Socket, ConnectionFacts>();
  #draining = false;

  constructor(services: DoorServices) {
    this.#services = services;
    const { limits, timeouts } = services.config;
    const server = createServer({
      maxHeaderSize: limits.headerBytesMax,
      // Node refuses a bound for the headers that is longer than the one for the whole.
      headersTimeout: timeouts.requestMs > 0 ? Math.min(timeouts.headerMs, timeouts.requestMs) : timeouts.headerMs,
      requestTimeout: timeouts.requestMs,
      keepAliveTimeout: timeouts.idleMs,
      connectionsCheckingInterval: Math.max(20, Math.min(CHECK_MS_MAX, timeouts.headerMs / 4)),
      insecureHTTPParser: false,
      requireHostHeader: false,
      shouldUpgradeCallback: (request) => isUpgrade(request) && !this.#isBusy(request),
    });
    // Node would silently drop the headers above its own count; ours are counted and refused.
    server.maxHeadersCount = 0;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#onRequest(request, response, false));
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => this.#onRequest(request, response, true));
    server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => this.#onRequest(request, response, false));
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, rest: Buffer) => this.#onDetached(request, socket, rest, true));
    server.on('connect', (request: IncomingMessage, socket: Duplex, rest: Buffer) => this.#onDetached(request, socket, rest, false));
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => this.#onClientError(error, socket));
    // The server never listens itself; without this event it would not watch its deadlines.
    server.emit('listening');
    this.#server = server;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  accept(socket: Socket, facts: ConnectionFacts): void {
    this.#facts.set(socket, facts);
    facts.acceptedMs = this.#services.clock.monotonicMs();
    this.#open.set(socket, facts);
    const turns = new Turns(socket, this.#services.handle);
    facts.turns = turns;
    socket.on('close', () => {
      this.#open.delete(socket);
      turns.abandon();
    });
    this.#server.emit('connection', socket);
  }

  /** Each connection closes after its next answer, or after the one it waits for; one that stays idle, in its own time. */
  retire(): void {
    this.#draining = true;
    for (const { exchange } of this.#open.values()) if (exchange !== null && !exchange.ended) exchange.sink.closeAfter();
  }

  /** As `retire`, and closes idle connections. Called again and again until all are gone. */
  drain(): void {
    this.retire();
    closeIdle(this.#server, this.#open, this.#services.clock.monotonicMs());
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse, expectContinue: boolean): void {
    const exchange = this.#exchange(request, response);
    const facts = this.#facts.get(request.socket);
    if (facts !== undefined) facts.response = response;
    exchange.expectContinue = expectContinue;
    const { head } = exchange;
    if (head.announcesBody) exchange.body = request;
    // Node loses what came in the same read behind an upgrade that is not to be: the client must not wait for its answer.
    if (this.#draining || (head.upgrade !== '' && head.connection.includes('upgrade'))) exchange.sink.closeAfter();
    facts?.turns?.take(exchange);
  }

  /** An upgrade is a request like any other until the upstream has agreed to it; a CONNECT is one to be refused. */
  #onDetached(request: IncomingMessage, socket: Duplex, rest: Buffer, upgrades: boolean): void {
    if (this.#isBusy(request)) {
      // A CONNECT behind another request: its refusal would have to wait for an answer on a socket that Node has let go of.
      this.#facts.get(socket)?.exchange?.sink.flush();
      socket.destroy();
      return;
    }
    const response = new DetachedResponse(request, socket as Socket);
    if (rest.length > 0) socket.unshift(rest);
    const exchange = this.#exchange(request, response);
    if (upgrades) exchange.upgrade = exchange.head.upgrade;
    this.#facts.get(socket)?.turns?.take(exchange);
  }

  /** An earlier request of the connection is still to be answered. */
  #isBusy({ socket }: IncomingMessage): boolean {
    const { exchange = null } = this.#facts.get(socket) ?? {};
    return exchange !== null && !exchange.ended;
  }

  #exchange(request: IncomingMessage, response: ServerResponse): Exchange {
    const { clock, onEnd } = this.#services;
    const facts = this.#facts.get(request.socket) as ConnectionFacts;
    const exchange = new Exchange({
      startedAtMs: clock.now(),
      startedMs: clock.monotonicMs(),
      secure: facts.secure,
      protocol: protocolOf(request),
      tlsVersion: facts.tlsVersion,
      method: request.method ?? '',
      url: request.url ?? '',
      authority: null,
      head: new RequestHead(request.rawHeaders),
      peerAddress: facts.peerAddress,
      localPort: facts.localPort,
      client: facts.client,
      onEnd,
    });
    exchange.sink = new Http1Sink(response, exchange);
    facts.exchange = exchange;
    exchange.slot = facts;
    return exchange;
  }

  /** The parser, or a deadline, gave the connection up. Where nothing has been answered yet, say why. */
  #onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const code = codeOf(error);
    const facts = this.#facts.get(socket);
    const { logger, shownAddress } = this.#services;
    if (logger.isDebug) logger.debug('client connection given up', { code, reason: error.code, client: shownAddress(facts?.peerAddress ?? '') });
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else if (facts?.exchange === null || facts?.exchange.ended) this.#refuseUnread(facts, socket, code, error);
    else if (facts !== undefined) this.#giveUp(facts, socket, code, error);
  }

  /** Not even a head could be read: there is no exchange, but the log is to show that somebody was turned away, and why. */
  #refuseUnread(facts: ConnectionFacts, socket: Duplex, code: ErrorCode, error: NodeJS.ErrnoException): void {
    const bytes = this.#refuse(socket, code);
    // Opened for later and never used, as browsers do, or left within a head: nothing was asked, so there is nothing to log.
    if ((socket as Socket).bytesRead === 0 || error.code === LEFT) return;
    const { clock, onEnd } = this.#services;
    const exchange = new Exchange({
      startedAtMs: clock.now(), startedMs: clock.monotonicMs(),
      secure: facts.secure, protocol: '', tlsVersion: facts.tlsVersion, method: '', url: '', authority: null, head: NO_HEAD,
      peerAddress: facts.peerAddress, localPort: facts.localPort, onEnd,
    });
    exchange.clientAddress = facts.peerAddress;
    exchange.fail(code, error.code ?? error.message);
    exchange.status = ERRORS[code].status;
    exchange.bytesOut = bytes;
    exchange.end();
  }

  /** What cannot be read belongs to the last request, or came behind it while that is still in work. */
  #giveUp(facts: ConnectionFacts, socket: Duplex, code: ErrorCode, error: NodeJS.ErrnoException): void {
    const { exchange, response, isGivenUp } = facts;
    if (isGivenUp || exchange === null || response === null) return;
    facts.isGivenUp = true;
    if (response.req.complete) {
      exchange.sink.closeAfter();
      response.once('finish', () => socket.end(() => socket.destroy()));
      return;
    }
    // A client that goes away within its body has not sent a bad request.
    exchange.fail(error.code === LEFT ? 'client_closed' : code, error.code ?? error.message);
    exchange.sink.flush();
    // Without the socket, the answer waits behind that of an earlier request, which must not be mixed with another one.
    if (exchange.sink.headSent || response.socket === null) socket.destroy();
    else exchange.bytesOut = this.#refuse(socket, code);
  }

  /** Answers on a connection that no response object exists for, and closes it. @returns bytes of the body. */
  #refuse(socket: Duplex, code: ErrorCode): number {
    const { status, text } = ERRORS[code];
    const body = problem(status, text, code, '');
    const length = Buffer.byteLength(body);
    socket.on('error', () => socket.destroy());
    socket.end(
      `HTTP/1.1 ${status} ${text.replace(/\.$/, '')}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${length}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
      () => socket.destroy(),
    );
    return length;
  }
}

/** The parser lets HTTP/0.9 and HTTP/2.0 pass in the first line of an HTTP/1.1 connection. */
function protocolOf({ httpVersion, httpVersionMajor, httpVersionMinor }: IncomingMessage): string {
  if (httpVersionMajor !== 1) return `HTTP/${httpVersion}`;
  return httpVersionMinor === 0 ? 'HTTP/1.0' : 'HTTP/1.1';
}

function isUpgrade(request: IncomingMessage): boolean {
  const { upgrade, 'content-length': length, 'transfer-encoding': coding } = request.headers;
  return upgrade !== undefined && request.method === 'GET' && request.httpVersionMinor === 1
    && (length === undefined || length === '0') && coding === undefined && !NEVER_UPGRADED.test(upgrade.toLowerCase());
}

function codeOf(error: NodeJS.ErrnoException): ErrorCode {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW': return 'headers_too_large';
    case 'ERR_HTTP_REQUEST_TIMEOUT': return 'request_timeout';
    case 'ECONNRESET': return 'client_closed';
    default: return 'bad_request';
  }
}
