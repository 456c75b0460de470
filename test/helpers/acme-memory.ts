import type { ChallengeResponder, ChallengeType } from '../../src/tls/acme/acme-types.ts';
import type { CertificateStore, StoredChallenge } from '../../src/tls/store/certificate-store.ts';

type AcmeStore = Pick<CertificateStore, 'accountKey' | 'accountUrl' | 'saveAccountUrl' | 'putChallenge' | 'removeChallenge' | 'challenges'>;

/** The part of a store that orders need, in memory, and out of reach where `broken` says so. */
export class MemoryAcmeStore implements AcmeStore {
  readonly keys = new Map<string, string>();
  readonly urls = new Map<string, string>();
  readonly open = new Map<string, StoredChallenge>();
  broken: Error | null = null;

  async accountKey(directory: string, make: () => Promise<string>): Promise<string> {
    this.#check();
    const key = this.keys.get(directory) ?? await make();
    this.keys.set(directory, key);
    return key;
  }

  async accountUrl(directory: string): Promise<string | null> {
    this.#check();
    return this.urls.get(directory) ?? null;
  }

  async saveAccountUrl(directory: string, url: string): Promise<void> {
    this.#check();
    this.urls.set(directory, url);
  }

  async putChallenge(challenge: StoredChallenge): Promise<void> {
    this.#check();
    this.open.set(JSON.stringify(challenge), challenge);
  }

  async removeChallenge(challenge: StoredChallenge): Promise<void> {
    this.#check();
    this.open.delete(JSON.stringify(challenge));
  }

  async challenges(): Promise<readonly StoredChallenge[]> {
    this.#check();
    return [...this.open.values()];
  }

  #check(): void {
    if (this.broken !== null) throw this.broken;
  }
}

/** Answers nothing anywhere and writes down what it is asked to. */
export class RecordingResponder implements ChallengeResponder {
  readonly presented: string[] = [];
  readonly removed: string[] = [];
  readonly types: readonly ChallengeType[];
  failure: Error | null = null;

  constructor(types: readonly ChallengeType[] = ['http-01']) {
    this.types = types;
  }

  typesFor(): readonly ChallengeType[] {
    return this.types;
  }

  async present(type: ChallengeType, host: string): Promise<void> {
    this.presented.push(`${type} ${host}`);
    if (this.failure !== null) throw this.failure;
  }

  async remove(type: ChallengeType, host: string): Promise<void> {
    this.removed.push(`${type} ${host}`);
  }
}
