import type { Clock } from '../../lib/clock.ts';
import type { TlsLogger } from '../material.ts';
import type { StoredCertificate } from '../store/certificate-store.ts';
import { AcmeError, type AcmeAuthority, type AcmeCa, type ChallengeResponder, type IssuedCertificate } from './acme-types.ts';
import { ChallengeError } from './challenge-error.ts';
import { asAcmeError } from './problem.ts';

/** Failed issues that are remembered; names come and go with routes and clients. */
const REMEMBERED_MAX = 10_000;

interface IssuerServices {
  /** Such as `createAuthority`; asked once for each directory. */
  readonly authorityOf: (ca: AcmeCa) => AcmeAuthority;
  readonly responder: ChallengeResponder;
  readonly clock: Clock;
  readonly logger: TlsLogger;
}

export interface Issue {
  readonly certificate: IssuedCertificate;
  /** The one of the configured CAs that issued it. */
  readonly ca: AcmeCa;
  /** Whether the configuration names a staging service as the CA, whose certificates nobody trusts. */
  readonly staging: boolean;
}

/**
 * Gets a certificate from the first CA that gives one. The next CA is tried where the trouble is the CA's: out of
 * reach, broken, rate limit, account, policy. It is not where a proof failed, because the next one would look for
 * it in the same place and only count the failure. After a failed issue the CA's staging service must succeed
 * first, so that a gateway that nobody can reach does not use up the limits of production.
 */
export class Issuer {
  readonly #cas: readonly AcmeCa[];
  readonly #services: IssuerServices;
  readonly #authorities = new Map<string, AcmeAuthority>();
  /** Names of the last issue that failed, until one succeeds. */
  readonly #failed = new Set<string>();
  /** By CA and names: when the CA's Retry-After has passed, in monotonic time. */
  readonly #closedUntilMs = new Map<string, number>();

  constructor(cas: readonly AcmeCa[], services: IssuerServices) {
    this.#cas = cas;
    this.#services = services;
  }

  /** The account at a CA of the configuration, for renewal windows; null for any other directory. */
  authority(directory: string): AcmeAuthority | null {
    const ca = this.#cas.find((one) => one.directory === directory);
    return ca === undefined ? null : this.#authorityOf(ca);
  }

  /**
   * @param replaces the certificate that is renewed; null: a first one.
   * @throws AcmeError that names every CA tried; its `retryAfterMs` is that of the CA that is ready first.
   */
  async issue(names: readonly string[], replaces: Pick<StoredCertificate, 'cert' | 'directory'> | null): Promise<Issue> {
    const id = names.toSorted().join(',');
    try {
      const issue = await this.#issueFrom(0, id, names, replaces, []);
      this.#failed.delete(id);
      return issue;
    } catch (error) {
      remember(this.#failed, id);
      throw error;
    }
  }

  async #issueFrom(index: number, id: string, names: readonly string[], replaces: Pick<StoredCertificate, 'cert' | 'directory'> | null, errors: readonly AcmeError[]): Promise<Issue> {
    const ca = this.#cas[index];
    if (ca === undefined) throw allOf(errors);
    try {
      this.#requireOpen(ca, id);
      if (this.#failed.has(id)) await this.#rehearse(ca, names);
      const predecessor = replaces !== null && replaces.directory === ca.directory ? replaces.cert : null;
      const certificate = await this.#authorityOf(ca).order(names, this.#services.responder, predecessor);
      return { certificate, ca, staging: ca.directory === ca.stagingDirectory };
    } catch (cause) {
      const error = asAcmeError(ca.name, cause);
      this.#close(ca, id, error);
      const all = [...errors, error];
      if (!isOfTheCa(error)) throw allOf(all);
      if (index + 1 < this.#cas.length) this.#services.logger.warn('a CA gave no certificate; the next one is asked', { names, reason: error.message });
      return this.#issueFrom(index + 1, id, names, replaces, all);
    }
  }

  /** What is wrong with the staging service itself says nothing of production. */
  async #rehearse(ca: AcmeCa, names: readonly string[]): Promise<void> {
    const { stagingDirectory } = ca;
    if (stagingDirectory === null || stagingDirectory === ca.directory) return;
    const staging: AcmeCa = { ...ca, name: `${ca.name} (staging)`, directory: stagingDirectory, stagingDirectory: null };
    try {
      await this.#authorityOf(staging).order(names, this.#services.responder, null);
    } catch (error) {
      if (!isOfTheCa(error)) throw error;
      this.#services.logger.warn('the staging service of a CA is of no help; production is asked at once', { ca: ca.name, error });
    }
  }

  #requireOpen(ca: AcmeCa, id: string): void {
    const { clock } = this.#services;
    const leftMs = Math.ceil((this.#closedUntilMs.get(`${ca.directory} ${id}`) ?? 0) - clock.monotonicMs());
    if (leftMs <= 0) return;
    throw new AcmeError(`${ca.name}: it asked to be left alone until ${new Date(clock.now() + leftMs).toISOString()}`, 'rateLimited', leftMs);
  }

  #close(ca: AcmeCa, id: string, { retryAfterMs }: AcmeError): void {
    const key = `${ca.directory} ${id}`;
    this.#closedUntilMs.delete(key);
    if (retryAfterMs === null) return;
    if (this.#closedUntilMs.size >= REMEMBERED_MAX) this.#closedUntilMs.clear();
    this.#closedUntilMs.set(key, this.#services.clock.monotonicMs() + retryAfterMs);
  }

  #authorityOf(ca: AcmeCa): AcmeAuthority {
    const known = this.#authorities.get(ca.directory);
    if (known !== undefined) return known;
    const made = this.#services.authorityOf(ca);
    this.#authorities.set(ca.directory, made);
    return made;
  }
}

/** CAA records are read by a CA for itself: they may allow the next one. */
function isOfTheCa(error: unknown): boolean {
  return !(error instanceof ChallengeError) || error.type === 'caa';
}

function allOf(errors: readonly AcmeError[]): AcmeError {
  const [first] = errors;
  if (first !== undefined && errors.length === 1) return first;
  const waits = errors.map(({ retryAfterMs }) => retryAfterMs ?? 0);
  const soonestMs = Math.min(...waits);
  return new AcmeError(errors.map(({ message }) => message).join('; '), first?.type ?? '', soonestMs > 0 ? soonestMs : null, { cause: first });
}

function remember(names: Set<string>, id: string): void {
  const [oldest] = names;
  if (names.size >= REMEMBERED_MAX && oldest !== undefined) names.delete(oldest);
  names.add(id);
}
