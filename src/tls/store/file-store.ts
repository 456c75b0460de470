import { join } from 'node:path';
import { Type } from '../../lib/schema-type.ts';
import { fits } from '../../lib/schema-check.ts';
import { certificateText, parseCertificateText } from './certificate-text.ts';
import {
  CHALLENGE_TTL_MS_MAX, StoreError,
  type CertificateStore, type StoreLock, type StoredCertificate, type StoredChallenge, type StoreServices,
} from './certificate-store.ts';
import { takeFileLock } from './file-lock.ts';
import { watchFolders } from './folder-watch.ts';
import { entryFileName, StoreFolder } from './store-folder.ts';
import {
  CERTIFICATES_MAX, CHALLENGES_MAX, checkedAccountKey, checkedAccountUrl, checkedCertificate, checkedChallenge, DamageError, parseJson, toBeStored,
} from './stored-entry.ts';

const ACCOUNT_KEY = 'account.key';
const ACCOUNT = 'account.json';
const CERTIFICATE_ENDING = '.pem';
const CHALLENGE_ENDING = '.json';

const Account = Type.Object({ url: Type.Unknown() });
const Challenge = Type.Object({ expiresAtMs: Type.Number() });

/**
 * The store of one gateway, or of several that share a folder, in `acme/` below it: `certificates/<id>.pem` (one file
 * for certificate and key, see certificate-text.ts), `<ca-host>-<hash>/account.key` and `account.json`,
 * `challenges/` and `locks/`. Reads at most 10,000 certificates and 1,000 challenges.
 */
export class FileStore implements CertificateStore {
  readonly name: string;
  readonly #services: StoreServices;
  readonly #dir: string;
  readonly #certificates: StoreFolder;
  readonly #challenges: StoreFolder;
  readonly #locks: StoreFolder;
  readonly #stops = new Set<() => void>();

  constructor(storeDir: string, services: StoreServices) {
    this.name = `files in ${storeDir}`;
    this.#services = services;
    this.#dir = join(storeDir, 'acme');
    this.#certificates = this.#folder('certificates');
    this.#challenges = this.#folder('challenges');
    this.#locks = this.#folder('locks');
  }

  /** Makes the folders, so that a store that cannot be written is known before the first order, and can be watched. @throws StoreError */
  async prepare(): Promise<void> {
    await Promise.all([this.#certificates, this.#challenges, this.#locks].map(async (folder) => folder.make()));
  }

  async load(id: string): Promise<StoredCertificate | null> {
    return this.#readCertificate(certificateName(id));
  }

  async save(certificate: StoredCertificate): Promise<void> {
    const checked = toBeStored(certificate, checkedCertificate, `the certificate for ${certificate.id.slice(0, 100)}`);
    const name = certificateName(checked.id);
    // A damaged file must be set aside first, or it would be overwritten.
    const former = await this.#readCertificate(name);
    if (former === null && (await this.#certificates.names(CERTIFICATE_ENDING)).length >= CERTIFICATES_MAX) {
      throw new StoreError(`${this.#certificates.dir} holds ${CERTIFICATES_MAX} certificates, which is the most; remove those that are no longer used.`);
    }
    await this.#certificates.replace(name, certificateText(checked));
  }

  async list(): Promise<readonly StoredCertificate[]> {
    const names = await this.#certificates.names(CERTIFICATE_ENDING);
    if (names.length > CERTIFICATES_MAX) {
      this.#services.logger.warn('the store holds too many certificates; only the first ones are read', { dir: this.#certificates.dir, read: CERTIFICATES_MAX });
    }
    const read = async (name: string): Promise<StoredCertificate | null> => this.#readCertificate(name);
    const certificates = await this.#readAll(names.slice(0, CERTIFICATES_MAX), read);
    return certificates.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  }

  async accountKey(directory: string, make: () => Promise<string>): Promise<string> {
    const folder = this.#accountFolder(directory);
    const stored = await folder.read(ACCOUNT_KEY, checkedAccountKey);
    if (stored !== null) return stored;
    const made = toBeStored(await make(), checkedAccountKey, 'the new account key');
    // An account belongs to its key; the URL of one whose key is gone would lead every request astray.
    await folder.remove(ACCOUNT);
    if (await folder.create(ACCOUNT_KEY, made)) return made;
    const winner = await folder.read(ACCOUNT_KEY, checkedAccountKey);
    if (winner === null) throw new StoreError(`${join(folder.dir, ACCOUNT_KEY)} was made by another gateway and is gone again.`);
    return winner;
  }

  async accountUrl(directory: string): Promise<string | null> {
    return this.#accountFolder(directory).read(ACCOUNT, (text) => {
      const account = parseJson(text);
      return checkedAccountUrl(fits(Account, account) ? account.url : null);
    });
  }

  async saveAccountUrl(directory: string, url: string): Promise<void> {
    const account = { directory, url: toBeStored(url, checkedAccountUrl, 'the URL of the account') };
    await this.#accountFolder(directory).replace(ACCOUNT, `${JSON.stringify(account)}\n`);
  }

  async putChallenge(challenge: StoredChallenge, ttlMs: number): Promise<void> {
    const checked = toBeStored(challenge, checkedChallenge, `the challenge for ${challenge.host}`);
    const names = await this.#challenges.names(CHALLENGE_ENDING);
    // Whoever opens one clears away what was left by gateways that died; to be read, time is enough.
    const open = await this.#readAll(names, async (name) => ((await this.#readChallenge(name)) === null ? this.#challenges.remove(name) : name));
    if (open.length >= CHALLENGES_MAX) throw new StoreError(`${this.#challenges.dir} holds ${CHALLENGES_MAX} open challenges, which is the most.`);
    const expiresAtMs = this.#services.clock.now() + Math.min(ttlMs, CHALLENGE_TTL_MS_MAX);
    await this.#challenges.replace(challengeName(checked), `${JSON.stringify({ ...checked, expiresAtMs })}\n`);
  }

  async removeChallenge(challenge: StoredChallenge): Promise<void> {
    await this.#challenges.remove(challengeName(challenge));
  }

  async challenges(): Promise<readonly StoredChallenge[]> {
    const names = await this.#challenges.names(CHALLENGE_ENDING);
    return this.#readAll(names.slice(0, CHALLENGES_MAX), async (name) => this.#readChallenge(name));
  }

  async lock(id: string, ttlMs: number): Promise<StoreLock | null> {
    return takeFileLock(this.#locks, id, ttlMs, this.#services.clock);
  }

  watch(onChange: () => void): () => void {
    const stopWatching = watchFolders([this.#certificates.dir, this.#challenges.dir], onChange, this.#services);
    const stop = (): void => {
      this.#stops.delete(stop);
      stopWatching();
    };
    this.#stops.add(stop);
    return stop;
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
  }

  #folder(name: string): StoreFolder {
    return new StoreFolder(join(this.#dir, name), this.#services);
  }

  /** The hash, which the blank brings about, keeps several directories on one host apart, and all of them from the other folders. */
  #accountFolder(directory: string): StoreFolder {
    const host = URL.canParse(directory) ? new URL(directory).host : '';
    return this.#folder(entryFileName(`${host} ${directory}`));
  }

  async #readCertificate(name: string): Promise<StoredCertificate | null> {
    return this.#certificates.read(name, (text) => {
      const certificate = parseCertificateText(text);
      if (certificateName(certificate.id) !== name) throw new DamageError('is the file of other names; it was copied or renamed');
      return certificate;
    });
  }

  /** Null also where its time is over, which another machine's clock may see otherwise. */
  async #readChallenge(name: string): Promise<StoredChallenge | null> {
    return this.#challenges.read(name, (text) => {
      const value = parseJson(text);
      const challenge = checkedChallenge(value);
      return fits(Challenge, value) && value.expiresAtMs > this.#services.clock.now() ? challenge : null;
    });
  }

  /** One file that cannot be read is no reason to go without the others. */
  async #readAll<T>(names: readonly string[], read: (name: string) => Promise<T | null | void>): Promise<T[]> {
    const results: T[] = [];
    for await (const result of inTurn(names, read)) {
      if (result instanceof StoreError) this.#services.logger.warn('a file of the certificate store is left out', { reason: result.message });
      else if (result !== null && result !== undefined) results.push(result);
    }
    return results;
  }
}

/** One after the other: thousands of certificates must not open thousands of files at once. */
async function* inTurn<T>(names: readonly string[], read: (name: string) => Promise<T>): AsyncGenerator<T | StoreError> {
  for (const name of names) {
    yield read(name).catch((error: unknown) => {
      if (error instanceof StoreError) return error;
      throw error;
    });
  }
}

function certificateName(id: string): string {
  return entryFileName(id) + CERTIFICATE_ENDING;
}

function challengeName({ host, type, token }: StoredChallenge): string {
  return entryFileName(`${host} ${type} ${token}`) + CHALLENGE_ENDING;
}
