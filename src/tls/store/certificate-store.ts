/** A certificate with its key as a store keeps it. Plain data. */
export interface StoredCertificate {
  /** Key in the store: the names, sorted and joined with a comma. */
  readonly id: string;
  readonly names: readonly string[];
  /** PEM chain, leaf first. */
  readonly cert: string;
  /** PEM, not encrypted. */
  readonly key: string;
  /** Directory URL of the CA it came from. */
  readonly directory: string;
  /** A staging certificate is kept apart in its use: nobody trusts it. */
  readonly staging: boolean;
  readonly issuedAtMs: number;
}

/** What every gateway that shares the store can answer for an order that one of them has opened. */
export interface StoredChallenge {
  readonly host: string;
  readonly type: 'http-01' | 'tls-alpn-01';
  /** http-01: the token of the URL; tls-alpn-01: ''. */
  readonly token: string;
  readonly keyAuthorization: string;
}

/** A lock that one gateway holds while it orders; lost by itself after its time. */
export interface StoreLock {
  /** False: it was lost in the meantime. */
  extend(ttlMs: number): Promise<boolean>;
  release(): Promise<void>;
}

/**
 * Where certificates, account keys and open challenges live, so that a restart, or another gateway, finds
 * them. One conformance suite holds for all of them. Nothing is ever overwritten with less: a damaged
 * entry is set aside, not replaced in place.
 */
export interface CertificateStore {
  /** For the log: `files in certs`, `redis at redis:6379`. */
  readonly name: string;
  /** @throws StoreError where it cannot be read; null where there is none. A damaged one is reported, set aside and null. */
  load(id: string): Promise<StoredCertificate | null>;
  save(certificate: StoredCertificate): Promise<void>;
  list(): Promise<readonly StoredCertificate[]>;
  /** PEM of the account key for a CA, made by `make` once for all gateways: the first one wins. */
  accountKey(directory: string, make: () => Promise<string>): Promise<string>;
  /** URL of the account, which saves a request. */
  accountUrl(directory: string): Promise<string | null>;
  saveAccountUrl(directory: string, url: string): Promise<void>;
  putChallenge(challenge: StoredChallenge, ttlMs: number): Promise<void>;
  removeChallenge(challenge: StoredChallenge): Promise<void>;
  challenges(): Promise<readonly StoredChallenge[]>;
  /** Null: somebody else holds it. */
  lock(id: string, ttlMs: number): Promise<StoreLock | null>;
  /** Told when another gateway may have saved a certificate or opened a challenge. @returns stops. */
  watch(onChange: () => void): () => void;
  close(): Promise<void>;
}

/** The store cannot do it; the message says what is wrong and with which file or server. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
