import { randomUUID } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { Exchange } from '../exchange/exchange.ts';
import { parseHost } from '../request/host.ts';
import { answer } from '../respond/answer.ts';
import type { ChallengeAnswers } from '../tls/acme/challenge-board.ts';
import { normalizeName } from '../tls/server-name.ts';

const PATH = '/.well-known/acme-challenge/';
/** The protocol in which a CA asks for a tls-alpn-01 certificate (RFC 8737, 6.2). */
export const ACME_PROTOCOL = 'acme-tls/1';
const HEADERS = ['Content-Type', 'application/octet-stream', 'Cache-Control', 'no-store'];

/** Shows certificate authorities the proofs they ask for, while an order is open and only then. One for each worker. */
export class ChallengeDesk {
  readonly #tokens = new Map<string, Buffer>();
  readonly #contexts = new Map<string, SecureContext>();

  /** Takes the place of all answers before. */
  use({ http, alpn }: ChallengeAnswers): void {
    this.#tokens.clear();
    for (const { host, token, keyAuthorization } of http) this.#tokens.set(`${host} ${token}`, Buffer.from(keyAuthorization));
    this.#contexts.clear();
    for (const { host, cert, key } of alpn) this.#contexts.set(host, createSecureContext({ cert, key }));
  }

  /**
   * Answers an http-01 challenge (RFC 8555, 8.3): a GET or HEAD on a plain connection, of exactly the path of a token
   * that is open for the host it was sent to. @returns false for everything else, which goes its usual way,
   * through redirects, policies and all.
   */
  answer(exchange: Exchange): boolean {
    const { url, method, secure, head } = exchange;
    if (this.#tokens.size === 0 || secure || !url.startsWith(PATH) || (method !== 'GET' && method !== 'HEAD')) return false;
    const host = hostOf(exchange);
    const proof = this.#tokens.get(`${host} ${url.slice(PATH.length)}`);
    if (proof === undefined || exchange.upgrade !== '' || head.announcesBody) return false;
    exchange.id = randomUUID();
    exchange.host = host;
    exchange.path = url;
    exchange.clientAddress = exchange.peerAddress;
    exchange.routeId = 'acme-challenge';
    answer(exchange, 200, [...HEADERS], proof);
    return true;
  }

  /** What to show for a host to a client that speaks `acme-tls/1`; null: no challenge is open for it. */
  contextFor(servername: string): SecureContext | null {
    return this.#contexts.size === 0 ? null : (this.#contexts.get(normalizeName(servername)) ?? null);
  }
}

/** '' where there is any doubt: a request like that is refused on its usual way. */
function hostOf({ head, protocol }: Exchange): string {
  try {
    head.check(protocol === 'HTTP/1.0' ? 0 : 1);
    return parseHost(head.host).host;
  } catch {
    return '';
  }
}
