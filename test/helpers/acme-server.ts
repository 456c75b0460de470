import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Test } from 'tap';
import type { AcmeCa } from '../../src/tls/acme/acme-types.ts';
import type { Signer } from '../../src/tls/issue-certificate.ts';
import { loadX509Library } from '../../src/tls/x509-library.ts';
import { makeCa } from './certificates.ts';
import { portOf } from './handshake.ts';
import type { ManualClock } from './manual-clock.ts';

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

interface Order {
  readonly names: readonly string[];
  finalized: boolean;
  /** Looks at the order until it is done. */
  looks: number;
  cert: string;
}

const ERROR = 'urn:ietf:params:acme:error:';

export function problem(type: string, detail: string, status: number, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers, body: { type: `${ERROR}${type}`, detail } };
}

/**
 * A CA by the text of RFC 8555, 9773 and draft-ietf-acme-profiles, for what Pebble cannot be made to do. It trusts
 * every signature. `answerOnce` puts an answer before its own.
 */
export class AcmeServer {
  /** Path and payload of every signed request, in order. */
  readonly requests: { readonly path: string; readonly payload: Record<string, unknown> | null }[] = [];
  /** What `renewalInfo` answers; null: it is not offered. */
  renewalInfo: Reply | null = null;
  profiles: Readonly<Record<string, string>> | null = null;
  /** Times a finalized order is seen as `processing`. */
  processing = 0;
  /** Sent with these. */
  retryAfter: string | null = null;
  /** Types of challenges that fail, with `unauthorized`. Null: every authorization is valid already. */
  failing: ReadonlySet<string> | null = null;
  signer: Signer | null = null;
  url = '';
  readonly #orders: Order[] = [];
  readonly #answers: { readonly path: string; readonly reply: Reply }[] = [];
  readonly #tried = new Map<string, string>();

  get ca(): AcmeCa {
    return { name: 'small', directory: `${this.url}/directory`, stagingDirectory: null, trust: null, eab: null, profile: null };
  }

  /** @param path how the path begins, `/newOrder`. */
  answerOnce(path: string, reply: Reply): void {
    this.#answers.push({ path, reply });
  }

  countOf(path: string): number {
    return this.requests.filter((request) => request.path.startsWith(path)).length;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const path = request.url ?? '/';
    const payload = payloadOf(text);
    if (request.method === 'POST') this.requests.push({ path, payload });
    const planned = this.#answers.findIndex((answer) => path.startsWith(answer.path));
    const reply = planned === -1 ? await this.#reply(path, payload) : this.#answers.splice(planned, 1)[0]?.reply;
    const { status, headers = {}, body } = reply ?? { status: 500, body: '' };
    const isText = typeof body === 'string';
    const type = isText ? 'application/pem-certificate-chain' : status >= 400 ? 'application/problem+json' : 'application/json';
    response.writeHead(status, { 'content-type': type, 'replay-nonce': `n${this.requests.length}-${Math.random()}`, ...headers });
    response.end(isText ? body : JSON.stringify(body));
  }

  async #reply(path: string, payload: Record<string, unknown> | null): Promise<Reply> {
    const [, kind = '', number = '', which = ''] = path.split('/');
    const order = this.#orders[Number(number)];
    switch (kind) {
      case 'directory': return { status: 200, body: this.#directory() };
      case 'newNonce': return { status: 204, body: '' };
      case 'newAccount': return { status: 201, headers: { location: `${this.url}/account/1` }, body: { status: 'valid' } };
      case 'newOrder': return this.#newOrder(payload);
      case 'renewalInfo': return this.renewalInfo ?? { status: 404, body: {} };
      default:
    }
    if (order === undefined) return problem('malformed', 'no such thing', 404);
    if (kind === 'authz') return { status: 200, body: this.#authorization(number, which, order) };
    if (kind === 'chall') {
      this.#tried.set(`${number}/${which}`, path.split('/')[4] ?? '');
      return { status: 200, body: {} };
    }
    if (kind === 'finalize') {
      order.finalized = true;
      order.cert = await this.#issue(String(payload?.['csr']), order.names);
    }
    if (kind === 'cert') return { status: 200, body: order.cert };
    return this.#orderReply(number, order);
  }

  #directory(): Record<string, unknown> {
    const at = (name: string): string => `${this.url}/${name}`;
    return {
      newNonce: at('newNonce'), newAccount: at('newAccount'), newOrder: at('newOrder'),
      ...(this.renewalInfo === null ? {} : { renewalInfo: at('renewalInfo') }),
      meta: this.profiles === null ? {} : { profiles: this.profiles },
    };
  }

  #newOrder(payload: Record<string, unknown> | null): Reply {
    const identifiers = (payload ?? {})['identifiers'] as { value: string }[];
    const names = identifiers.map(({ value }) => value);
    this.#orders.push({ names, finalized: false, looks: 0, cert: '' });
    const number = String(this.#orders.length - 1);
    const reply = this.#orderReply(number, this.#orders[this.#orders.length - 1] as Order);
    return { ...reply, status: 201, headers: { location: `${this.url}/order/${number}` } };
  }

  #orderReply(number: string, order: Order): Reply {
    let status = this.failing === null || [...this.#tried.keys()].some((key) => key.startsWith(`${number}/`)) ? 'ready' : 'pending';
    if (order.finalized) status = order.looks++ < this.processing ? 'processing' : 'valid';
    return {
      status: 200,
      headers: this.retryAfter === null ? {} : { 'retry-after': this.retryAfter },
      body: {
        status,
        authorizations: order.names.map((_, index) => `${this.url}/authz/${number}/${index}`),
        finalize: `${this.url}/finalize/${number}`,
        ...(status === 'valid' ? { certificate: `${this.url}/cert/${number}` } : {}),
      },
    };
  }

  #authorization(number: string, which: string, order: Order): Record<string, unknown> {
    const value = order.names[Number(which)] ?? '';
    const tried = this.#tried.get(`${number}/${which}`);
    const isFailed = tried !== undefined && this.failing?.has(tried) === true;
    const challenges = ['tls-alpn-01', 'http-01'].map((type) => ({
      type, url: `${this.url}/chall/${number}/${which}/${type}`, token: `token-${type}`,
      ...(isFailed && type === tried ? { error: { type: `${ERROR}unauthorized`, detail: `wrong answer by ${type}` } } : {}),
    }));
    const status = this.failing === null || (tried !== undefined && !isFailed) ? 'valid' : isFailed ? 'invalid' : 'pending';
    return { status, identifier: { type: 'dns', value }, challenges };
  }

  async #issue(csr: string, names: readonly string[]): Promise<string> {
    const x509 = await loadX509Library();
    const signer = this.signer ??= await makeCa();
    const root = new x509.X509Certificate(signer.cert);
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
    const leaf = await x509.X509CertificateGenerator.create({
      serialNumber: '0087654321',
      issuer: root.subject,
      notBefore: new Date(Date.UTC(2026, 0, 1)),
      notAfter: new Date(Date.UTC(2026, 2, 1)),
      signingAlgorithm: algorithm,
      publicKey: new x509.Pkcs10CertificateRequest(Buffer.from(csr, 'base64url')).publicKey,
      signingKey: await webcrypto.subtle.importKey('pkcs8', signer.key.export({ type: 'pkcs8', format: 'der' }), algorithm, false, ['sign']),
      extensions: [
        new x509.SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns', value }))),
        await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
      ],
    });
    return `${leaf.toString('pem')}\n${signer.cert}`;
  }
}

/** The server on a free port of 127.0.0.1 until the test ends. */
export async function startAcmeServer(t: Pick<Test, 'teardown'>): Promise<AcmeServer> {
  const acme = new AcmeServer();
  const server = createServer((request, response) => {
    acme.handle(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  acme.url = `http://127.0.0.1:${portOf(server)}`;
  return acme;
}

/** Waits for `work`, and lets half a second pass whenever it does nothing but wait itself: one ticker is its deadline. */
export async function whileTimePasses<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  const state = { isDone: false };
  const done = work.finally(() => { state.isDone = true; });
  done.catch(() => undefined);
  while (!state.isDone) {
    if (clock.tickers > 1) clock.advance(500);
    await nextTurn();
  }
  return done;
}

function payloadOf(text: string): Record<string, unknown> | null {
  if (text === '') return null;
  const { payload } = JSON.parse(text) as { payload: string };
  return payload === '' ? null : JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
}
