import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { AcmeConfig } from '../../config/tls-config.ts';
import type { Clock } from '../../lib/clock.ts';
import { newKey } from '../issue-certificate.ts';
import type { TlsLogger } from '../material.ts';
import type { CertificateStore } from '../store/certificate-store.ts';
import { AcmeError, type AcmeAuthority, type AcmeCa, type ChallengeResponder, type IssuedCertificate, type RenewalWindow } from './acme-types.ts';
import { ChallengeError } from './challenge-error.ts';
import { AcmeClient } from './client.ts';
import { startDeadline } from './deadline.ts';
import { runOrder } from './order.ts';
import { asAcmeError } from './problem.ts';
import { readRenewalWindow } from './renewal-info.ts';

const ORDER_TIMEOUT_MS = 10 * 60_000;
/** For what is one question and its answer. */
const QUESTION_TIMEOUT_MS = 60_000;
/** There are no more types of challenges than this. */
const ORDERS_MAX = 3;

interface AuthorityServices {
  readonly store: Pick<CertificateStore, 'accountKey' | 'accountUrl' | 'saveAccountUrl'>;
  readonly clock: Clock;
  readonly logger: TlsLogger;
  readonly keyType: AcmeConfig['keyType'];
  /** For the CA's notices; null: none. */
  readonly email: string | null;
  /** Bound on an order with all its waiting; default 10 minutes. */
  readonly orderTimeoutMs?: number;
  /** Breaks off whatever is running; default: nothing does. */
  readonly signal?: AbortSignal;
}

/** An account at `ca`, made or found when it is first needed. */
export function createAuthority(ca: AcmeCa, services: AuthorityServices): AcmeAuthority {
  return new Authority(ca, services);
}

class Authority implements AcmeAuthority {
  readonly ca: AcmeCa;
  readonly #services: AuthorityServices;
  /** Of orders that start at once, one registers and the others wait. */
  #registration: Promise<string> | null = null;

  constructor(ca: AcmeCa, services: AuthorityServices) {
    this.ca = ca;
    this.#services = services;
  }

  async order(names: readonly string[], responder: ChallengeResponder, replaces: string | null): Promise<IssuedCertificate> {
    const timeoutMs = this.#services.orderTimeoutMs ?? ORDER_TIMEOUT_MS;
    const what = `${this.ca.name}: the order for ${names.join(', ')} was not done within ${timeoutMs / 1000} s`;
    const tried = new Set<string>();
    return this.#withAccount(timeoutMs, what, async (client) => {
      const key = await newCertificateKey(this.#services.keyType);
      const isTried = (host: string, type: string): boolean => tried.has(`${type} ${host}`);
      return this.#anyWay(tried, responder, async () => runOrder(client, { names, key, responder, replaces, isTried }));
    });
  }

  async renewalWindow(cert: string): Promise<RenewalWindow | null> {
    // Asked without an account, which a CA need not know to answer.
    return this.#withClient(QUESTION_TIMEOUT_MS, `${this.ca.name}: no answer to when to renew`, async (client) => readRenewalWindow(client, cert));
  }

  /**
   * A failed proof makes its authorization worthless, so another way takes a new order: behind a CDN, for one, a
   * CA never sees tls-alpn-01, and http-01 goes through. Ends when no failed host has a way left.
   */
  async #anyWay<T>(tried: Set<string>, responder: ChallengeResponder, order: () => Promise<T>, count: number = 1): Promise<T> {
    try {
      return await order();
    } catch (error) {
      if (!(error instanceof ChallengeError) || count === ORDERS_MAX) throw error;
      for (const { host, type } of error.failed) tried.add(`${type} ${host}`);
      const hasOther = error.failed.every(({ host }) => responder.typesFor(host).some((type) => !tried.has(`${type} ${host}`)));
      if (!hasOther) throw error;
      this.#services.logger.warn('a CA did not see a proof; the next way is tried', { ca: this.ca.name, reason: error.message });
      return this.#anyWay(tried, responder, order, count + 1);
    }
  }

  async #withAccount<T>(timeoutMs: number, what: string, work: (client: AcmeClient) => Promise<T>): Promise<T> {
    return this.#withClient(timeoutMs, what, async (client) => {
      if (client.accountUrl === null) await this.#register(client);
      try {
        return await work(client);
      } catch (error) {
        if (!(error instanceof AcmeError) || error.type !== 'accountDoesNotExist') throw error;
        this.#services.logger.warn('the CA no longer knows our account; a new one is registered', { ca: this.ca.name });
        await this.#register(client);
        return work(client);
      }
    });
  }

  async #withClient<T>(timeoutMs: number, what: string, work: (client: AcmeClient) => Promise<T>): Promise<T> {
    const { clock, store, signal } = this.#services;
    const deadline = startDeadline(clock, timeoutMs, what);
    let client: AcmeClient | null = null;
    try {
      const accountKey = await store.accountKey(this.ca.directory, async () => newKey());
      const accountUrl = await store.accountUrl(this.ca.directory);
      client = await AcmeClient.open({ ca: this.ca, accountKey, accountUrl, clock, signal: signal === undefined ? deadline.signal : AbortSignal.any([deadline.signal, signal]) });
      return await work(client);
    } catch (error) {
      throw asAcmeError(this.ca.name, error);
    } finally {
      deadline.end();
      client?.close();
    }
  }

  async #register(client: AcmeClient): Promise<void> {
    const { store, email, logger } = this.#services;
    this.#registration ??= client.register(email === null ? [] : [`mailto:${email}`]);
    try {
      const url = await this.#registration;
      client.accountUrl = url;
      await store.saveAccountUrl(this.ca.directory, url).catch((error: unknown) => {
        logger.warn('the URL of an ACME account cannot be stored; it is asked for again next time', { ca: this.ca.name, error });
      });
    } finally {
      this.#registration = null;
    }
  }
}

async function newCertificateKey(type: AcmeConfig['keyType']): Promise<string> {
  const generate = promisify(generateKeyPair);
  const { privateKey } = type.startsWith('rsa')
    ? await generate('rsa', { modulusLength: Number(type.slice(3)) })
    : await generate('ec', { namedCurve: type === 'p384' ? 'P-384' : 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' });
}
