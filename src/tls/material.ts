import type { Logger } from '../observe/logger.ts';

/**
 * What the control plane hands to the data plane: certificates and keys as plain data, fit for
 * `structuredClone`, checked before they leave the main thread.
 */
export interface TlsMaterial {
  /** Never empty. The first one answers clients that name no host, or one nobody covers. */
  readonly entries: readonly CertificateEntry[];
  /** The local CA, where it signed one of the entries; else null. */
  readonly localCa: LocalCaInfo | null;
  /** When to load again because a local certificate has a third of its life left; null: none was issued. */
  readonly renewAtMs: number | null;
}

export interface CertificateEntry {
  /** DNS names and addresses of the certificate, in the form of `normalizeName`. */
  readonly names: readonly string[];
  /** PEM, leaf first. */
  readonly cert: string;
  /** PEM, not encrypted. */
  readonly key: string;
  /** As Node calls it: `ec`, `rsa`, `ed25519`. Certificates of different types share a name side by side. */
  readonly keyType: string;
  readonly source: 'file' | 'local-ca';
  /** Where the certificate was read from or is kept; null: only in memory. */
  readonly file: string | null;
  readonly notAfterMs: number;
  /** Common name of who signed it, for the eye. */
  readonly issuer: string;
}

interface LocalCaInfo {
  /** PEM of the root, to be trusted by clients. */
  readonly cert: string;
  /** Where it is kept, for `curl --cacert`; null: only in memory, a new one at each load. */
  readonly file: string | null;
}

/** What this folder needs of the logger. */
export type TlsLogger = Pick<Logger, 'info' | 'warn'>;
