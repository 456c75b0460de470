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
  /** Names of no entry whose handshakes are refused until they have a certificate, as `normalizeName` writes them. */
  readonly refused: readonly string[];
  /** Names of no entry that the main thread wants to hear of, to order a certificate; null: none. */
  readonly onDemand: OnDemandNames | null;
  /** 48 bytes, the same in every worker, so that each can resume the sessions of all; others end those of before. */
  readonly ticketKeys: Uint8Array;
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
  readonly source: 'file' | 'acme' | 'local-ca';
  /** Where the certificate was read from or is kept; null: only in memory, or in the store of ACME. */
  readonly file: string | null;
  readonly notAfterMs: number;
  /** Common name of who signed it, for the eye. */
  readonly issuer: string;
}

export interface LocalCaInfo {
  /** PEM of the root, to be trusted by clients. */
  readonly cert: string;
  /** Where it is kept, for `curl --cacert`; null: only in memory, a new one at each load. */
  readonly file: string | null;
}

interface OnDemandNames {
  /** Hosts and `*.` patterns; empty: any host name. */
  readonly allow: readonly string[];
  /** Such a name is refused until it has a certificate; else the default certificate answers. */
  readonly refuse: boolean;
}

/** What this folder needs of the logger. */
export type TlsLogger = Pick<Logger, 'info' | 'warn'>;
