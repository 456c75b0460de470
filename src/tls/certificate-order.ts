import type { Clock } from '../lib/clock.ts';
import { AcmeError } from './acme/acme-types.ts';
import type { Issue } from './acme/issuer.ts';
import { retryDelayMs } from './acme/retry-plan.ts';
import type { AcmeBackend } from './acme-backend.ts';
import type { ManagedCertificate } from './managed-certificate.ts';
import type { TlsLogger } from './material.ts';
import { StoreError, type StoredCertificate, type StoreLock } from './store/certificate-store.ts';

/** Renewed while an order runs; of a gateway that died the others wait no longer. */
const LOCK_TTL_MS = 120_000;
const LOCK_EXTEND_MS = 40_000;
/** How soon to look again whether another gateway is done. */
const LOCKED_PAUSE_MS = 15_000;
const STORE_WARNING_PAUSE_MS = 60_000;

interface OrderServices {
  readonly clock: Clock;
  readonly logger: TlsLogger;
  readonly random: () => number;
  /** Whether a certificate may still be had for these names; asked before each order. Never rejects. */
  readonly mayOrder: (certificate: ManagedCertificate) => Promise<boolean>;
}

/**
 * What is done for one certificate at a time: order it, save it, find it in the store, ask its CA about renewal. Nothing
 * here rejects: what fails is told to the log and noted in the certificate.
 */
export class CertificateOrder {
  readonly #backend: AcmeBackend;
  readonly #services: OrderServices;
  /** Held by orders that run. */
  readonly #locks = new Set<StoreLock>();
  #warnAgainMonotonicMs = 0;

  constructor(backend: AcmeBackend, services: OrderServices) {
    this.#backend = backend;
    this.#services = services;
  }

  /** Orders a certificate, unless another gateway does or has done so. @returns whether there is a new one. */
  async run(certificate: ManagedCertificate): Promise<boolean> {
    if (certificate.isOrdering) return false;
    certificate.isOrdering = true;
    const { isForced } = certificate;
    try {
      return await this.#locked(certificate, async () => {
        // Another gateway may have been faster. What was asked for by hand is ordered in any case.
        if (await this.takeStored(certificate) && !isForced) return true;
        if (!(await this.#services.mayOrder(certificate))) throw new Error('nobody allows a certificate for this name any more');
        return this.#use(certificate, await this.#backend.issuer.issue(certificate.names, certificate.stored));
      });
    } catch (error) {
      this.#fail(certificate, error);
      return false;
    } finally {
      certificate.isForced = false;
      certificate.isOrdering = false;
    }
  }

  /** At the end of the process: whoever comes next need not wait until the locks of orders that are broken off have lost their time. */
  async releaseLocks(): Promise<void> {
    const locks = [...this.#locks];
    this.#locks.clear();
    await Promise.allSettled(locks.map(async (lock) => lock.release()));
  }

  /** Puts into the store what could not be put there before. */
  async save(certificate: ManagedCertificate): Promise<void> {
    const { stored } = certificate;
    if (stored === null) return;
    const { store } = this.#backend;
    try {
      await store.save(stored);
      certificate.noteSaved(true);
    } catch (error) {
      // Told once, not at each of the tries that follow.
      if (certificate.isSaved) this.#warn('a new certificate is in use and cannot be stored; a restart would lose it', certificate, error);
      certificate.noteSaved(false);
    }
  }

  /** Takes over what the store has. @returns whether that is new. */
  async takeStored(certificate: ManagedCertificate): Promise<boolean> {
    try {
      const stored = await this.#backend.store.load(certificate.id);
      if (stored === null || !this.isWanted(stored) || !certificate.take(stored)) return false;
      certificate.noteSaved(true);
      if (!certificate.isValidNow(stored)) this.#warnOfClock(certificate, stored);
      return true;
    } catch (error) {
      this.#warnOfStore(error);
      return false;
    }
  }

  /** Asks the CA when it wants the certificate renewed (RFC 9773). */
  async ask(certificate: ManagedCertificate): Promise<void> {
    const { stored } = certificate;
    if (stored === null) return;
    certificate.isAsking = true;
    try {
      const window = await this.#backend.issuer.authority(stored.directory)?.renewalWindow(stored.cert);
      // An order may have been faster than the answer, which is about the certificate of before then.
      if (certificate.stored === stored) certificate.advise(window ?? null);
    } catch (error) {
      certificate.advise(null);
      this.#warn('the CA cannot be asked when to renew a certificate', certificate, error);
    } finally {
      certificate.isAsking = false;
    }
  }

  async #locked(certificate: ManagedCertificate, work: () => Promise<boolean>): Promise<boolean> {
    const { store } = this.#backend;
    const { clock } = this.#services;
    const lock = await store.lock(`order ${certificate.id}`, LOCK_TTL_MS);
    if (lock === null) {
      certificate.waitMs(LOCKED_PAUSE_MS);
      return false;
    }
    this.#locks.add(lock);
    const stop = clock.every(LOCK_EXTEND_MS, () => {
      lock.extend(LOCK_TTL_MS).catch((error: unknown) => this.#warn('the lock of an order may be lost', certificate, error));
    });
    try {
      return await work();
    } finally {
      stop();
      if (this.#locks.delete(lock)) await lock.release().catch((error: unknown) => this.#warn('the lock of an order ends only with its time', certificate, error));
    }
  }

  async #use(certificate: ManagedCertificate, { certificate: issued, ca, staging }: Issue): Promise<boolean> {
    const { clock, logger } = this.#services;
    const { id, names } = certificate;
    const stored: StoredCertificate = { id, names, ...issued, directory: ca.directory, staging, issuedAtMs: clock.now() };
    const isTaken = certificate.take(stored);
    if (isTaken) {
      logger.info('a certificate was issued', { names, ca: ca.name, notAfter: dateOf(certificate.entry?.notAfterMs ?? 0) });
      await this.save(certificate);
    }
    if (!certificate.isValidNow(stored)) this.#warnOfClock(certificate, stored);
    return isTaken;
  }

  /** Nobody trusts what a staging service issued, so it is of no use once production is configured. */
  isWanted({ staging, directory }: StoredCertificate): boolean {
    return !staging || this.#backend.acme.cas.some((ca) => ca.directory === directory);
  }

  #fail(certificate: ManagedCertificate, error: unknown): void {
    // A store out of reach comes back by itself, like a CA that is.
    const cause = error instanceof StoreError ? new AcmeError(error.message, 'network', null) : error;
    const text = textOf(cause);
    const delayMs = retryDelayMs((certificate.failure?.count ?? 0) + 1, cause, this.#services.random);
    certificate.fail(text, delayMs);
    const { clock, logger } = this.#services;
    logger.warn(certificate.entry === null ? 'no certificate could be had' : 'a certificate could not be renewed; the old one goes on', {
      names: certificate.names, reason: text, nextAttempt: dateOf(clock.now() + delayMs),
    });
  }

  #warnOfClock(certificate: ManagedCertificate, stored: StoredCertificate): void {
    const { clock, logger } = this.#services;
    const text = `the certificate is not valid at ${dateOf(clock.now())}, the time of this machine`;
    // One that has simply expired is renewed at once; only one that was just issued says that the clock is wrong.
    if (clock.now() - stored.issuedAtMs < LOCK_TTL_MS) certificate.failForClock(text);
    logger.warn(`${text}; is its clock right?`, { names: certificate.names });
  }

  /** Once a minute for all certificates: what ails one of them ails them all. */
  #warnOfStore(error: unknown): void {
    const { clock, logger } = this.#services;
    if (clock.monotonicMs() < this.#warnAgainMonotonicMs) return;
    this.#warnAgainMonotonicMs = clock.monotonicMs() + STORE_WARNING_PAUSE_MS;
    logger.warn('the store of certificates cannot be read; what is in use goes on', { reason: textOf(error) });
  }

  #warn(message: string, { names }: ManagedCertificate, error: unknown): void {
    this.#services.logger.warn(message, { names, reason: textOf(error) });
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString();
}
