import type { Clock } from '../../lib/clock.ts';
import type { TlsLogger } from '../material.ts';

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
  /** False: it was lost in the meantime. @throws StoreError where the store cannot say; it may be lost then. */
  extend(ttlMs: number): Promise<boolean>;
  /** Never takes the lock of somebody else away. @throws StoreError; the lock then ends with its time. */
  release(): Promise<void>;
}

/** A longer time is cut to this, so that no mistake blocks a name for long. */
export const LOCK_TTL_MS_MAX = 3_600_000;
export const CHALLENGE_TTL_MS_MAX = 86_400_000;

/**
 * Where certificates, account keys and open challenges live, so that a restart, or another gateway, finds
 * them. One conformance suite holds for all of them. Nothing is ever overwritten with less: a damaged
 * entry is set aside, not replaced in place, and what would be damaged is not saved. PEM text is given
 * back trimmed, with a line feed at its end. Every method may throw StoreError.
 */
export interface CertificateStore {
  /** For the log: `files in certs`, `redis at redis:6379`. */
  readonly name: string;
  /** Null where there is none. A damaged one is reported, set aside and null. @throws StoreError where it cannot be read. */
  load(id: string): Promise<StoredCertificate | null>;
  /** Takes the place of what has the same id, whole or not at all. @throws StoreError, also for a key that does not belong to the certificate. */
  save(certificate: StoredCertificate): Promise<void>;
  /** All that are whole, in the order of their ids. */
  list(): Promise<readonly StoredCertificate[]>;
  /** PEM of the account key for a CA, made by `make` once for all gateways: the first one wins. */
  accountKey(directory: string, make: () => Promise<string>): Promise<string>;
  /** URL of the account, which saves a request; null again once the account's key had to be made anew. */
  accountUrl(directory: string): Promise<string | null>;
  saveAccountUrl(directory: string, url: string): Promise<void>;
  /** @param ttlMs when it is forgotten without `removeChallenge`. */
  putChallenge(challenge: StoredChallenge, ttlMs: number): Promise<void>;
  removeChallenge(challenge: StoredChallenge): Promise<void>;
  challenges(): Promise<readonly StoredChallenge[]>;
  /** Null: somebody else holds it. */
  lock(id: string, ttlMs: number): Promise<StoreLock | null>;
  /**
   * Told when another gateway may have saved a certificate, or opened or closed a challenge: soon, at most
   * five times a second, and now and then without a reason, such as after an own change. @returns stops.
   */
  watch(onChange: () => void): () => void;
  /** Ends connections and watches. */
  close(): Promise<void>;
}

export interface StoreServices {
  readonly clock: Clock;
  readonly logger: TlsLogger;
}

/** The store cannot do it; the message says what is wrong and with which file or server. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
}
