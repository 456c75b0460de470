import { randomBytes } from 'node:crypto';
import {
  CHALLENGE_TTL_MS_MAX, StoreError,
  type CertificateStore, type StoreLock, type StoredCertificate, type StoredChallenge, type StoreServices,
} from './certificate-store.ts';
import { ChangeSignal } from './change-signal.ts';
import type { RedisLink } from './redis-link.ts';
import { takeRedisLock } from './redis-lock.ts';
import { KEEP_ACCOUNT_KEY, OPEN_CHALLENGES, PUT_CHALLENGE, REMOVE_CHALLENGE, SAVE_CERTIFICATE, SET_ASIDE } from './redis-scripts.ts';
import {
  CERTIFICATES_MAX, CHALLENGES_MAX, checkedAccountKey, checkedAccountUrl, checkedCertificate, checkedChallenge, DamageError, ENTRY_BYTES_MAX,
  parseJson, toBeStored,
} from './stored-entry.ts';

const PREFIX = 'sluice:tls:';
const CERTIFICATES = `${PREFIX}certificates`;
const ACCOUNT_KEYS = `${PREFIX}account-keys`;
const ACCOUNT_URLS = `${PREFIX}account-urls`;
const CHALLENGES = `${PREFIX}challenges`;
/** A counter and the channel its new value is told on. */
const CHANGES = `${PREFIX}changes`;

/** For messages that are lost while there is no connection. */
const POLL_MS = 30_000;

/** Some 300 KB an answer. */
const BATCH = 50;

/** What was set aside holds keys and is of use to nobody but the one who looks for the cause. */
const BAD_TTL_MS = 30 * 86_400_000;

/**
 * The store of several gateways on one Redis (5 or newer; no cluster). All keys begin with `sluice:tls:`: the hashes
 * `certificates` by id (JSON), `account-keys` and `account-urls` by directory, the sorted set `challenges` by
 * end, `lock:<id>`, and `bad:…`, where a damaged value is kept for 30 days. Keys are not encrypted at rest: who can read
 * that Redis, its dump or its replicas has them, so it wants a password and, over a network, `rediss://`.
 */
export class RedisStore implements CertificateStore {
  readonly name: string;
  readonly #link: RedisLink;
  readonly #services: StoreServices;
  readonly #stops = new Set<() => void>();

  constructor(link: RedisLink, services: StoreServices) {
    this.name = link.name;
    this.#link = link;
    this.#services = services;
  }

  async load(id: string): Promise<StoredCertificate | null> {
    const text = await this.#link.run(async (client) => client.hget(CERTIFICATES, id));
    return this.#read(CERTIFICATES, id, text, (value) => certificateOf(id, value));
  }

  async save(certificate: StoredCertificate): Promise<void> {
    const checked = toBeStored(certificate, checkedCertificate, `the certificate for ${certificate.id.slice(0, 100)}`);
    // A damaged value must be set aside first, or it would be overwritten.
    await this.load(checked.id);
    const saved = await this.#link.run(async (client) =>
      client.eval(SAVE_CERTIFICATE, 2, CERTIFICATES, CHANGES, checked.id, JSON.stringify(checked), CERTIFICATES_MAX));
    if (saved !== 1) throw new StoreError(`${this.name} holds ${CERTIFICATES_MAX} certificates, which is the most; remove those that are no longer used.`);
  }

  async list(): Promise<readonly StoredCertificate[]> {
    const ids = (await this.#link.run(async (client) => client.hkeys(CERTIFICATES))).toSorted();
    const certificates: StoredCertificate[] = [];
    for await (const part of this.#inBatches(ids.slice(0, CERTIFICATES_MAX))) certificates.push(...part);
    return certificates;
  }

  async accountKey(directory: string, make: () => Promise<string>): Promise<string> {
    const text = await this.#link.run(async (client) => client.hget(ACCOUNT_KEYS, directory));
    const stored = await this.#read(ACCOUNT_KEYS, directory, text, checkedAccountKey);
    if (stored !== null) return stored;
    const made = toBeStored(await make(), checkedAccountKey, 'the new account key');
    const kept = await this.#link.run(async (client) => client.eval(KEEP_ACCOUNT_KEY, 2, ACCOUNT_KEYS, ACCOUNT_URLS, directory, made));
    return toBeStored(String(kept), checkedAccountKey, `the account key that ${this.name} gave back`);
  }

  async accountUrl(directory: string): Promise<string | null> {
    const text = await this.#link.run(async (client) => client.hget(ACCOUNT_URLS, directory));
    return this.#read(ACCOUNT_URLS, directory, text, checkedAccountUrl);
  }

  async saveAccountUrl(directory: string, url: string): Promise<void> {
    const checked = toBeStored(url, checkedAccountUrl, 'the URL of the account');
    await this.#link.run(async (client) => client.hset(ACCOUNT_URLS, directory, checked));
  }

  async putChallenge(challenge: StoredChallenge, ttlMs: number): Promise<void> {
    const checked = toBeStored(challenge, checkedChallenge, `the challenge for ${challenge.host}`);
    const aliveMs = Math.max(1, Math.ceil(Math.min(ttlMs, CHALLENGE_TTL_MS_MAX)));
    const put = await this.#link.run(async (client) =>
      client.eval(PUT_CHALLENGE, 2, CHALLENGES, CHANGES, JSON.stringify(checked), aliveMs, CHALLENGES_MAX));
    if (put !== 1) throw new StoreError(`${this.name} holds ${CHALLENGES_MAX} open challenges, which is the most.`);
  }

  async removeChallenge(challenge: StoredChallenge): Promise<void> {
    const member = JSON.stringify(toBeStored(challenge, checkedChallenge, 'the challenge'));
    await this.#link.run(async (client) => client.eval(REMOVE_CHALLENGE, 2, CHALLENGES, CHANGES, member));
  }

  async challenges(): Promise<readonly StoredChallenge[]> {
    const members = await this.#link.run(async (client) => client.eval(OPEN_CHALLENGES, 1, CHALLENGES, CHALLENGES_MAX));
    return Array.isArray(members) ? members.flatMap((member: unknown) => this.#readChallenge(member)) : [];
  }

  async lock(id: string, ttlMs: number): Promise<StoreLock | null> {
    return takeRedisLock(this.#link, `${PREFIX}lock:${id}`, ttlMs);
  }

  watch(onChange: () => void): () => void {
    const signal = new ChangeSignal(onChange, this.#services);
    let seen: string | null = null;
    const look = async (): Promise<void> => {
      const count = await this.#link.run(async (client) => client.get(CHANGES)).catch(() => seen);
      if (count !== seen) signal.hint();
      seen = count;
    };
    const stopPolling = this.#services.clock.every(POLL_MS, () => void look());
    const unsubscribe = this.#link.subscribe(CHANGES, () => signal.hint());
    void look();
    const stop = (): void => {
      this.#stops.delete(stop);
      stopPolling();
      unsubscribe();
      signal.close();
    };
    this.#stops.add(stop);
    return stop;
  }

  async close(): Promise<void> {
    for (const stop of this.#stops) stop();
    this.#link.close();
  }

  /** In batches, so that no answer is too large for its deadline. */
  async *#inBatches(ids: readonly string[]): AsyncGenerator<StoredCertificate[]> {
    for (let start = 0; start < ids.length; start += BATCH) yield this.#readBatch(ids.slice(start, start + BATCH));
  }

  async #readBatch(ids: string[]): Promise<StoredCertificate[]> {
    const texts = await this.#link.run(async (client) => client.hmget(CERTIFICATES, ...ids));
    const entries = ids.map(async (id, index) => this.#read(CERTIFICATES, id, texts[index] ?? null, (text) => certificateOf(id, text)));
    return (await Promise.all(entries)).filter((entry) => entry !== null);
  }

  async #read<T>(hash: string, field: string, text: string | null, check: (text: string) => T): Promise<T | null> {
    if (text === null) return null;
    try {
      if (text.length > ENTRY_BYTES_MAX) throw new DamageError('is larger than 1 MiB');
      return check(text);
    } catch (error) {
      if (!(error instanceof DamageError)) throw error;
      await this.#setAside(hash, field, text, error.message);
      return null;
    }
  }

  async #setAside(hash: string, field: string, text: string, reason: string): Promise<void> {
    const time = new Date(this.#services.clock.now()).toISOString();
    const keptAs = `${PREFIX}bad:${hash.slice(PREFIX.length)}:${field}:${time}-${randomBytes(4).toString('hex')}`;
    const moved = await this.#link.run(async (client) => client.eval(SET_ASIDE, 2, hash, keptAs, field, text, BAD_TTL_MS));
    if (moved === 1) this.#services.logger.warn('a value of the certificate store is damaged; it was set aside', { store: this.name, key: hash, field, reason, keptAs });
  }

  /** A damaged challenge ends by itself, and soon. */
  #readChallenge(member: unknown): StoredChallenge[] {
    try {
      return [checkedChallenge(parseJson(String(member)))];
    } catch (error) {
      if (!(error instanceof DamageError)) throw error;
      this.#services.logger.warn('a challenge in the certificate store is damaged; it is left out', { store: this.name, reason: error.message });
      return [];
    }
  }
}

function certificateOf(id: string, text: string): StoredCertificate {
  const certificate = checkedCertificate(parseJson(text));
  if (certificate.id !== id) throw new DamageError('is the value of other names');
  return certificate;
}
