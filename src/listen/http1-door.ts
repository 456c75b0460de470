import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERRORS, type ErrorCode } from '../exchange/errors.ts';
import { Exchange } from '../exchange/exchange.ts';
import { RequestHead } from '../exchange/request-head.ts';
import { problem } from '../respond/answer.ts';
import { Http1Sink } from '../respond/http1-sink.ts';
import type { ConnectionFacts } from './connection-facts.ts';
import type { DoorServices } from './door.ts';

const CHECK_MS_MAX = 1000;

/** Upgrades that would change the protocol between us and the client without our speaking it (RFC 9113 §3.1; smuggling by h2c). */
const NEVER_UPGRADED = /(?:^|,)\s*(?:h2c?|tls\/|http\/)/;

/** HTTP/1.1 on connections that others have accepted, plain or decrypted. */
export class Http1Door {
  readonly #services: DoorServices;
  readonly #facts = new WeakMap<Duplex, ConnectionFacts>();
  readonly #server: Server;
  readonly #open = new Set<ConnectionFacts>();
  #draining = false;

  constructor(services: DoorServices) {
    this.#services = services;
    const { limits, timeouts } = services.config;
    const server = createServer({
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: timeouts.headerMs,
      requestTimeout: timeouts.requestMs,
      keepAliveTimeout: timeouts.idleMs,
      connectionsCheckingInterval: Math.max(20, Math.min(CHECK_MS_MAX, timeouts.headerMs / 4)),
      insecureHTTPParser: false,
      requireHostHeader: false,
      shouldUpgradeCallback: isUpgrade,
    });
    // Node would silently drop the headers above its own count; ours are counted and refused.
    server.maxHeadersCount = 0;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => this.#onRequest(request, response, false));
    server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => this.#onRequest(request, response, true));
    server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => this.#onRequest(request, response, false));
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, rest: Buffer) => this.#onUpgrade(request, socket, rest));
    server.on('connect', (_request: IncomingMessage, socket: Duplex) => this.#refuse(socket, 'method_not_allowed'));
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => this.#onClientError(error, socket));
    // The server never listens itself; without this event it would not watch its deadlines.
    server.emit('listening');
    this.#server = server;
  }

  accept(socket: Duplex, facts: ConnectionFacts): void {
    this.#facts.set(socket, facts);
    this.#open.add(facts);
    socket.once('close', () => this.#open.delete(facts));
    this.#server.emit('connection', socket);
  }

  /** Closes idle connections, and the others after the answer they wait for. Called again and again until all are gone. */
  drain(): void {
    this.#draining = true;
    for (const { exchange } of this.#open) if (exchange !== null && !exchange.ended) exchange.sink.closeAfter();
    this.#server.closeIdleConnections();
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #onRequest(request: IncomingMessage, response: ServerResponse, expectContinue: boolean): void {
    const exchange = this.#exchange(request, response);
    exchange.expectContinue = expectContinue;
    const { head } = exchange;
    if (head.contentLength > 0 || head.transferEncoding !== '') exchange.body = request;
    if (this.#draining) exchange.sink.closeAfter();
    this.#services.handle(exchange);
  }

  /** An upgrade is a request like any other until the upstream has agreed to it. */
  #onUpgrade(request: IncomingMessage, socket: Duplex, rest: Buffer): void {
    const response = new ServerResponse(request);
    response.assignSocket(socket as Parameters<ServerResponse['assignSocket']>[0]);
    response.shouldKeepAlive = false;
    // Node has let go of the socket: what goes wrong on it is ours to hear, and ending it ours to do.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => response.destroy());
    response.on('finish', () => socket.end(() => socket.destroy()));
    if (rest.length > 0) socket.unshift(rest);
    const exchange = this.#exchange(request, response);
    exchange.upgrade = exchange.head.upgrade;
    this.#services.handle(exchange);
  }

  #exchange(request: IncomingMessage, response: ServerResponse): Exchange {
    const { clock, onEnd } = this.#services;
    const facts = this.#facts.get(request.socket) as ConnectionFacts;
    const exchange = new Exchange({
      startedAtMs: clock.now(),
      startedMs: clock.monotonicMs(),
      secure: facts.secure,
      protocol: request.httpVersionMinor === 0 ? 'HTTP/1.0' : 'HTTP/1.1',
      tlsVersion: facts.tlsVersion,
      method: request.method ?? '',
      url: request.url ?? '',
      authority: null,
      head: new RequestHead(request.rawHeaders),
      peerAddress: facts.peerAddress,
      localPort: facts.localPort,
      onEnd,
    });
    exchange.sink = new Http1Sink(response, exchange);
    facts.exchange = exchange;
    return exchange;
  }

  /** The parser, or a deadline, gave the connection up. Where nothing has been answered yet, say why. */
  #onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const code = codeOf(error);
    const exchange = this.#facts.get(socket)?.exchange ?? null;
    const inWork = exchange !== null && !exchange.ended;
    if (inWork) exchange.fail(code, error.code ?? error.message);
    const { logger } = this.#services;
    if (logger.isDebug) logger.debug('client connection given up', { code, reason: error.code, client: this.#facts.get(socket)?.peerAddress });
    if (error.code === 'ECONNRESET' || !socket.writable || (inWork && exchange.sink.headSent)) socket.destroy();
    else this.#refuse(socket, code);
  }

  /** Answers on a connection that no response object exists for, and closes it. */
  #refuse(socket: Duplex, code: ErrorCode): void {
    const { status, text } = ERRORS[code];
    const body = problem(status, text, code, '');
    socket.on('error', () => socket.destroy());
    socket.end(
      `HTTP/1.1 ${status} ${text.replace(/\.$/, '')}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n${body}`,
      () => socket.destroy(),
    );
  }
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
