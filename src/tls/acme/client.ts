import { Agent } from 'node:https';
import type { Client } from 'acme-client';
import type { Clock } from '../../lib/clock.ts';
import { latePart } from '../../lib/late-part.ts';
import { AcmeError, type AcmeCa } from './acme-types.ts';
import { fieldOf, textOf, type AcmeAnswer } from './answer.ts';
import { asAcmeError, errorOf, problemType } from './problem.ts';

const REQUEST_TIMEOUT_MS = 30_000;
/** A chain with its intermediates has some 10 KB. */
const ANSWER_BYTES_MAX = 1_048_576;
const REDIRECTS_MAX = 3;
/** An order of 100 names asks for 100 authorizations; a CA needs not see them all at once. */
const CONNECTIONS_MAX = 4;
/** The library gives up after 5, which a busy CA with several nonce pools can exceed. */
const BAD_NONCE_RETRIES_MAX = 25;

interface ClientOptions {
  readonly ca: AcmeCa;
  /** PEM. */
  readonly accountKey: string;
  /** Null: not registered yet. */
  readonly accountUrl: string | null;
  readonly clock: Clock;
  /** Aborts whatever is under way. */
  readonly signal: AbortSignal;
}

/** What acme-client has and does not declare: the layers its public methods stand on. */
interface Layers {
  readonly http: {
    maxBadNonceRetries: number;
    request(url: string, method: string, options?: { data?: unknown }): Promise<AcmeAnswer>;
    getDirectory(): Promise<unknown>;
  };
  readonly api: {
    accountUrl: string | null;
    apiRequest(url: string, payload: object | null): Promise<AcmeAnswer>;
    createAccount(payload: object): Promise<AcmeAnswer>;
  };
}

/**
 * One account's line to one CA, for the time of one piece of work: acme-client for directory, nonces and
 * signatures, with a transport of our own. The library's own one tries a 429 again after any Retry-After,
 * loses the reason where a connection fails, has no time-outs and trusts the same roots for every CA; and
 * its waiting for an order knows no Retry-After. `badNonce` it handles well (RFC 8555, 6.5).
 */
export class AcmeClient {
  readonly ca: AcmeCa;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly #library: Client & Layers;
  readonly #agent: Agent;

  private constructor(options: ClientOptions, library: Client & Layers, agent: Agent) {
    this.ca = options.ca;
    this.clock = options.clock;
    this.signal = options.signal;
    this.#library = library;
    this.#agent = agent;
  }

  static async open(options: ClientOptions): Promise<AcmeClient> {
    // Loaded on first use: it costs 200 ms that a gateway without ACME never has to spend.
    const acme = await latePart(async () => import('acme-client'));
    const { ca, clock, signal } = options;
    const library = new acme.Client({
      directoryUrl: ca.directory,
      accountKey: options.accountKey,
      ...(options.accountUrl === null ? {} : { accountUrl: options.accountUrl }),
      ...(ca.eab === null ? {} : { externalAccountBinding: { ...ca.eab } }),
    });
    if (!hasLayers(library)) throw new Error('acme-client is not the version this was written for');
    const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX, ...(ca.trust === null ? {} : { ca: ca.trust }) });
    const axios = acme.axios.create({
      httpsAgent: agent,
      timeout: REQUEST_TIMEOUT_MS,
      maxContentLength: ANSWER_BYTES_MAX,
      validateStatus: null,
      signal,
      headers: { 'User-Agent': 'sluice node-acme-client', 'Content-Type': 'application/jose+json' },
    });
    library.http.maxBadNonceRetries = BAD_NONCE_RETRIES_MAX;
    library.http.request = async (url, method, { data } = {}) => {
      try {
        const answer = await axios.request<unknown>({ url, method, data, maxRedirects: method === 'get' ? REDIRECTS_MAX : 0 });
        if (answer.status >= 400 && problemType(answer.data) !== 'badNonce') throw errorOf(ca.name, answer, clock.now());
        return answer;
      } catch (error) {
        signal.throwIfAborted();
        throw asAcmeError(ca.name, error);
      }
    };
    return new AcmeClient(options, library, agent);
  }

  get accountUrl(): string | null {
    return this.#library.api.accountUrl;
  }

  /** The account is known: somebody else has registered it meanwhile. */
  set accountUrl(url: string) {
    this.#library.api.accountUrl = url;
  }

  /** The URL of a resource of the directory; null where the CA does not offer it. @throws AcmeError */
  async resource(name: string): Promise<string | null> {
    return textOf(await this.#directory(), name) || null;
  }

  /** A field of the directory's `meta`. @throws AcmeError */
  async meta(name: string): Promise<unknown> {
    return fieldOf(fieldOf(await this.#directory(), 'meta'), name);
  }

  /** Unsigned, for what is public. @throws AcmeError */
  async get(url: string): Promise<AcmeAnswer> {
    return this.#library.http.request(url, 'get');
  }

  /** Signed by the account; without a payload it is a POST-as-GET (RFC 8555, 6.3). @throws AcmeError */
  async post(url: string, payload: object | null = null): Promise<AcmeAnswer> {
    return this.#checked(this.#library.api.apiRequest(url, payload));
  }

  /** Registers the key, or finds the account it has (RFC 8555, 7.3), bound to an external one where the CA has `eab`. @throws AcmeError */
  async register(contact: readonly string[]): Promise<string> {
    await this.#directory();
    const { api } = this.#library;
    api.accountUrl = null;
    const answer = await this.#checked(api.createAccount({ termsOfServiceAgreed: true, contact }));
    const url: unknown = answer.headers['location'];
    if (typeof url !== 'string' || url === '') throw new AcmeError(`${this.ca.name}: it made an account and did not say where`, '', null);
    return url;
  }

  /** RFC 8555, 8.1: the same for every type of challenge. */
  async keyAuthorization(token: string): Promise<string> {
    return this.#library.getChallengeKeyAuthorization({ type: 'http-01', token, url: '', status: 'pending' });
  }

  close(): void {
    this.#agent.destroy();
  }

  async #directory(): Promise<unknown> {
    const directory = await this.#library.http.getDirectory().catch((error: unknown) => {
      throw asAcmeError(this.ca.name, error);
    });
    if (textOf(directory, 'newOrder') !== '') return directory;
    throw new AcmeError(`${this.ca.name}: ${this.ca.directory} is no ACME directory`, '', null);
  }

  /** Here a `badNonce` that all retries ended with, and the library's own complaints, become what they are. */
  async #checked(request: Promise<AcmeAnswer>): Promise<AcmeAnswer> {
    const answer = await request.catch((error: unknown) => {
      throw asAcmeError(this.ca.name, error);
    });
    if (answer.status >= 400) throw errorOf(this.ca.name, answer, this.clock.now());
    return answer;
  }
}

/** DER of a request for a certificate with these names, as base64url, signed by `key` (PEM). */
export async function certificateRequest(names: readonly string[], key: string): Promise<string> {
  const { crypto } = await latePart(async () => import('acme-client'));
  // Where a common name is too long (RFC 5280, ub-common-name), the names stand in the extension alone.
  const commonName = names.find((name) => name.length <= 64);
  const [, csr] = await crypto.createCsr({ altNames: [...names], ...(commonName === undefined ? {} : { commonName }) }, key);
  return crypto.getPemBodyAsB64u(csr);
}

function hasLayers(client: Client): client is Client & Layers {
  return 'http' in client && 'api' in client;
}
