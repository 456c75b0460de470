import { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls';
import type { ClientCertificate } from '../exchange/client-certificate.ts';
import { normaliseAddress } from '../lib/ip-address.ts';
import type { ClientRule } from '../request/client-rules.ts';
import { clientCertificateOf } from '../tls/client-auth.ts';
import type { ServerContexts } from '../tls/server-contexts.ts';
import { ACME_PROTOCOL } from './challenge-desk.ts';
import type { DoorServices } from './door.ts';
import { peekHello } from './hello-peek.ts';

const PROTOCOLS = ['h2', 'http/1.1'];

/** A fatal alert in plain text, as a server may send before its first message: `unrecognized_name` (RFC 8446, 6.2; RFC 6066, 3). */
const UNRECOGNIZED_NAME = Buffer.from([21, 3, 3, 0, 2, 2, 112]);

/** TLS on accepted connections: certificate by SNI, protocol by ALPN, and the proofs of tls-alpn-01. */
export class TlsDoor {
  readonly #services: DoorServices;
  readonly #contexts: ServerContexts;
  readonly #onSecure: OnSecure;
  readonly #server: Server;
  /** Those that ask for a client certificate, by the key of their rule. */
  readonly #guarded: ReadonlyMap<string, Server>;
  #handshakes = 0;

  /** @param onSecure told of every connection whose handshake is done, and what its client has shown; null where nobody asked. */
  constructor(services: DoorServices, contexts: ServerContexts, onSecure: OnSecure) {
    this.#services = services;
    this.#contexts = contexts;
    this.#onSecure = onSecure;
    this.#server = this.#createServer(null);
    this.#guarded = new Map(contexts.rules.map((rule) => [rule.key, this.#createServer(rule)]));
  }

  get isEmpty(): boolean {
    return this.#handshakes === 0;
  }

  accept(socket: Socket): void {
    // Ends with exactly one of the two events above, also where the client just leaves.
    this.#handshakes += 1;
    if (this.#guarded.size === 0) this.#server.emit('connection', socket);
    else this.#acceptByName(socket);
  }

  close(): void {
    // Never listened; this lets go of the certificates' updates.
    for (const server of [this.#server, ...this.#guarded.values()]) server.emit('close');
  }

  #createServer(rule: ClientRule | null): Server {
    const { config, logger, metrics, shownAddress } = this.#services;
    /** Clients that were shown a proof and get nothing else. */
    const proving = new WeakSet<object>();
    const server = createServer({
      ...this.#contexts.optionsFor(rule),
      requestCert: rule !== null,
      rejectUnauthorized: rule?.mode === 'require',
      SNICallback: sniCallbackOf(this.#contexts, this.#services, rule, proving),
      ALPNCallback: alpnCallbackOf(this.#services, proving),
      handshakeTimeout: config.timeouts.tlsHandshakeMs,
    });
    this.#contexts.attach(server, rule);
    server.on('secureConnection', (socket) => {
      this.#handshakes -= 1;
      metrics.handshake(socket.getProtocol() ?? '', socket.isSessionReused());
      this.#takeSecure(socket, rule);
    });
    server.on('tlsClientError', (error, socket) => {
      this.#handshakes -= 1;
      metrics.handshakeFailed();
      // Of a client certificate that Node refuses, the reason stands here and not in the error.
      const refusal: unknown = socket.authorizationError;
      const reason = typeof refusal === 'string' ? refusal : error.message;
      if (logger.isDebug) logger.debug('TLS handshake failed', { reason, client: shownAddress(normaliseAddress(socket.remoteAddress)) });
      socket.destroy();
    });
    return server;
  }

  /** A server asks all of its clients for a certificate or none, so the name decides which one it is, before either reads a byte. */
  #acceptByName(socket: Socket): void {
    const { config, clock } = this.#services;
    // For the first message alone; the handshake has as much again.
    const stop = clock.every(config.timeouts.tlsHandshakeMs, () => socket.destroy());
    socket.once('close', stop);
    peekHello(socket, (hello) => {
      // A certificate authority has none to show. The name it comes for gives its proof, and nothing else, to that protocol.
      const rule = hello === null || hello.protocols.includes(ACME_PROTOCOL) ? null : this.#contexts.ruleFor(hello.serverName, socket.localAddress);
      // A rule that a reload has brought has its server in the door that comes next; here nobody gets past it either.
      const server = rule === null ? this.#server : this.#guarded.get(rule.key);
      stop();
      if (server !== undefined) server.emit('connection', socket);
      else {
        this.#handshakes -= 1;
        socket.destroy();
      }
    }, () => {
      this.#handshakes -= 1;
      this.#services.metrics.handshakeFailed();
    });
  }

  #takeSecure(socket: TLSSocket, rule: ClientRule | null): void {
    // A proof has been seen by now; and a host without a certificate must not be served behind that of another.
    if (socket.alpnProtocol === ACME_PROTOCOL) leave(socket);
    else if (this.#contexts.refuses(nameOf(socket))) socket.destroy();
    else if (rule === null) this.#onSecure(socket, null);
    else this.#takeGuarded(socket, rule);
  }

  /** What we read in the first message and what OpenSSL read in it must come to the same, and a session may know no certificate. */
  #takeGuarded(socket: TLSSocket, rule: ClientRule): void {
    const client = clientCertificateOf(socket, rule);
    const name = nameOf(socket);
    // Of a resumed TLS 1.2 session Node knows no name; but it was made by this server, or could not be resumed by it.
    const isMeant = (name === '' && socket.isSessionReused()) || this.#contexts.ruleFor(name, socket.localAddress)?.key === rule.key;
    if (isMeant && (rule.mode === 'request' || client.verdict === 'SUCCESS')) {
      this.#onSecure(socket, client);
      return;
    }
    const { logger, shownAddress } = this.#services;
    const address = normaliseAddress(socket.remoteAddress);
    if (logger.isDebug) logger.debug('TLS connection refused', { reason: isMeant ? 'no valid client certificate' : 'its name has another rule for client certificates', client: shownAddress(address) });
    socket.destroy();
  }
}

type OnSecure = (socket: TLSSocket, client: ClientCertificate | null) => void;

type SniCallback = NonNullable<TlsOptions['SNICallback']>;

/** Refuses hosts that have no certificate and are not to be served with another; the rest is the contexts' choice. */
function sniCallbackOf(contexts: ServerContexts, { challenges, onUncertified }: DoorServices, rule: ClientRule | null, proving: WeakSet<object>): SniCallback {
  const choose = contexts.sniCallbackFor(rule);
  return function chooseContext(this: unknown, servername, done) {
    // A throw in here would end the process (CVE-2026-21637).
    try {
      // In TLS 1.3, ALPN has been decided by now, and another context would take the place of the proof.
      if (isTlsSocket(this) && proving.has(this)) {
        done(null);
        return;
      }
      if (contexts.isOnDemand(servername)) onUncertified(servername);
      // In TLS 1.2, a CA that comes for a proof gets to ALPN after this.
      if (contexts.refuses(servername) && challenges.contextFor(servername) === null) {
        refuse(this);
        done(new Error('there is no certificate for this name yet'));
        return;
      }
    } catch {
      // Whatever it was, the handshake goes on.
    }
    choose.call(this, servername, done);
  };
}

/**
 * Node has no way to name the alert. Its TLS has sent nothing yet when it asks for a certificate, so the alert can be
 * written past it, on the socket below; without that, the client would see no reason for the end.
 */
function refuse(client: unknown): void {
  const below: unknown = typeof client === 'object' && client !== null ? Reflect.get(client, '_parent') : null;
  if (below instanceof Socket) below.write(UNRECOGNIZED_NAME);
}

/**
 * Chooses the protocol, and shows the proof of tls-alpn-01 (RFC 8737, 3). In TLS 1.2 the type of key is settled before this is
 * asked, so there a proof, which has a P-256 key, is seen only of a host whose certificate has such a key too.
 */
function alpnCallbackOf({ challenges }: DoorServices, proving: WeakSet<object>): NonNullable<TlsOptions['ALPNCallback']> {
  return function chooseProtocol(this: unknown, { servername, protocols }) {
    try {
      const proof = protocols.includes(ACME_PROTOCOL) ? challenges.contextFor(servername) : null;
      if (proof !== null && isTlsSocket(this)) {
        this.setKeyCert(proof);
        proving.add(this);
        return ACME_PROTOCOL;
      }
    } catch {
      // Not a proof then, and the protocols below are the ones there are.
    }
    return PROTOCOLS.find((name) => protocols.includes(name));
  };
}

/** Node calls it as a method of the socket whose handshake is waiting. */
function isTlsSocket(value: unknown): value is TLSSocket {
  return typeof value === 'object' && value !== null && 'setKeyCert' in value;
}

function nameOf(socket: TLSSocket): string {
  return typeof socket.servername === 'string' ? socket.servername : '';
}

function leave(socket: TLSSocket): void {
  socket.on('error', () => socket.destroy());
  socket.destroySoon();
}
