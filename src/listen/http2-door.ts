import { randomBytes } from 'node:crypto';
import { constants, createSecureServer, type Http2SecureServer, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { Exchange } from '../exchange/exchange.ts';
import { RequestHead } from '../exchange/request-head.ts';
import { Http2Sink, type StreamOwner } from '../respond/http2-sink.ts';
import { ConnectionFacts } from './connection-facts.ts';
import type { DoorServices } from './door.ts';

/** Streams a client may reset in a burst and per second before the connection is closed (rapid reset, CVE-2023-44487). */
const RESET_BURST = 200;
const RESETS_PER_SECOND = 33;
const SESSION_MEMORY_MB = 10;
const PSEUDO_HEADERS_MAX = 5;
/** Headers that are up to so many times over the limit are still read, so that the client can be told (431). */
const READ_FACTOR = 2;

/** HTTP/2 on connections that TLS has handed over, through the core API of `node:http2`. */
export class Http2Door {
  readonly #services: DoorServices;
  readonly #server: Http2SecureServer;
  readonly #sessions = new Map<ServerHttp2Session, SessionState>();
  #accepting = NO_FACTS;
  #draining = false;

  constructor(services: DoorServices) {
    this.#services = services;
    const { limits } = services.config;
    const server = createSecureServer({
      settings: {
        maxConcurrentStreams: limits.streamsPerConnectionMax,
        maxHeaderListSize: READ_FACTOR * limits.headerBytesMax,
        enableConnectProtocol: true,
      },
      maxHeaderListPairs: READ_FACTOR * limits.headerCountMax + PSEUDO_HEADERS_MAX,
      maxSessionMemory: SESSION_MEMORY_MB,
      streamResetBurst: RESET_BURST,
      streamResetRate: RESETS_PER_SECOND,
      // Of the answers only: what upstreams repeat in error, such as X-Content-Type-Options, is theirs to repeat.
      strictSingleValueFields: false,
    });
    server.on('session', (session: ServerHttp2Session) => this.#onSession(session));
    server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, rawHeaders: string[]) => {
      this.#onStream(stream, headers, rawHeaders);
    });
    // The session's own close follows; an error nobody listens to would end the process.
    server.on('sessionError', (error: Error) => services.logger.debug('HTTP/2 connection failed', { error }));
    this.#server = server;
  }

  accept(socket: TLSSocket, facts: ConnectionFacts): void {
    // The server makes the session of this socket before it returns.
    this.#accepting = facts;
    this.#server.emit('secureConnection', socket);
  }

  get isEmpty(): boolean {
    return this.#sessions.size === 0;
  }

  /** GOAWAY: streams in work finish, new ones go to another connection. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    for (const session of this.#sessions.keys()) session.close();
  }

  close(): void {
    for (const session of this.#sessions.keys()) session.destroy();
  }

  #onSession(session: ServerHttp2Session): void {
    const state = new SessionState(session, this.#accepting, this.#services.config.timeouts.idleMs);
    this.#sessions.set(session, state);
    session.on('error', ignore);
    session.on('close', () => this.#sessions.delete(session));
    session.on('timeout', () => {
      if (state.openStreams === 0) session.close();
    });
    // 0 is no time-out.
    session.setTimeout(this.#services.config.timeouts.idleMs);
    if (this.#draining) session.close();
  }

  #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, rawHeaders: string[]): void {
    const session = stream.session as ServerHttp2Session | undefined;
    const state = session === undefined ? undefined : this.#sessions.get(session);
    if (session === undefined || state === undefined || stream.destroyed) {
      stream.on('error', ignore);
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return;
    }
    state.openStreams += 1;
    const webSocket = headers[':method'] === 'CONNECT' && headers[':protocol'] === 'websocket';
    this.#services.handle(this.#exchange(stream, state, headers, webSocket ? withKey(rawHeaders) : rawHeaders, webSocket));
  }

  #exchange(stream: ServerHttp2Stream, state: SessionState, headers: IncomingHttpHeaders, raw: string[], webSocket: boolean): Exchange {
    const { clock, onEnd } = this.#services;
    const { facts } = state;
    const exchange = new Exchange({
      startedAtMs: clock.now(),
      startedMs: clock.monotonicMs(),
      secure: true,
      protocol: 'HTTP/2',
      tlsVersion: facts.tlsVersion,
      method: webSocket ? 'GET' : String(headers[':method']),
      url: headers[':path'] ?? '',
      authority: headers[':authority'] ?? null,
      head: new RequestHead(raw),
      peerAddress: facts.peerAddress,
      localPort: facts.localPort,
      client: facts.client,
      onEnd,
    });
    exchange.sink = new Http2Sink(stream, state, exchange);
    if (webSocket) exchange.upgrade = 'websocket';
    else if (!stream.endAfterHeaders) exchange.body = stream;
    exchange.expectContinue = exchange.body !== null && exchange.head.expect !== '';
    return exchange;
  }
}

class SessionState implements StreamOwner {
  readonly facts: ConnectionFacts;
  openStreams = 0;
  readonly #session: ServerHttp2Session;
  readonly #idleMs: number;

  constructor(session: ServerHttp2Session, facts: ConnectionFacts, idleMs: number) {
    this.facts = facts;
    this.#session = session;
    this.#idleMs = idleMs;
  }

  streamClosed(): void {
    this.openStreams -= 1;
    // The time-out may have passed while this stream was quiet; Node does not start it again by itself then.
    if (this.openStreams === 0) this.#session.setTimeout(this.#idleMs);
  }
}

const NO_FACTS = new ConnectionFacts('', 0, true, '');

/** A WebSocket over HTTP/2 has no key (RFC 8441 §5); the HTTP/1.1 handshake with the upstream needs one. */
function withKey(raw: string[]): string[] {
  return [...raw, 'sec-websocket-key', randomBytes(16).toString('base64')];
}

function ignore(): void {}
