import { createPrivateKey, generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { certificateEntry, parseCertificate } from '../../src/tls/certificate-entry.ts';
import { issueLeaf, issueRoot, newKey, type Signer } from '../../src/tls/issue-certificate.ts';
import type { CertificateEntry, TlsLogger, TlsMaterial } from '../../src/tls/material.ts';

/** A CA of a test, which never touches the disk. */
export async function makeCa(nowMs: number = Date.now()): Promise<Signer> {
  const key = createPrivateKey(newKey());
  return { cert: await issueRoot(key, 'test CA', nowMs), key };
}

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface PairOptions {
  /** Default 2048. */
  readonly rsaBits?: number;
  readonly keyType?: 'ec' | 'rsa';
  readonly nowMs?: number;
}

/** A certificate for `names` signed by `ca`, valid from an hour before `nowMs` for 90 days. */
export async function makePair(ca: Signer, names: readonly string[], options: PairOptions = {}): Promise<Pair> {
  const { keyType = 'ec', rsaBits = 2048, nowMs = Date.now() } = options;
  const key: KeyObject =
    keyType === 'ec' ? createPrivateKey(newKey()) : generateKeyPairSync('rsa', { modulusLength: rsaBits }).privateKey;
  return { cert: await issueLeaf(ca, key, names, nowMs), key: key.export({ type: 'pkcs8', format: 'pem' }) };
}

/** The same as it stands in `TlsMaterial`. */
export async function makeEntry(ca: Signer, names: readonly string[], options: PairOptions = {}): Promise<CertificateEntry> {
  const { cert, key } = await makePair(ca, names, options);
  const leaf = parseCertificate(cert);
  if (leaf === null) throw new Error('not a certificate');
  return certificateEntry(leaf, createPrivateKey(key), { cert, source: 'file', file: null });
}

export function materialOf(...entries: CertificateEntry[]): TlsMaterial {
  return { entries, localCa: null, refused: [], onDemand: null, ticketKeys: new Uint8Array(randomBytes(48)) };
}

/** Keeps what is said. */
export class RecordingLogger implements TlsLogger {
  readonly infos: string[] = [];
  readonly warnings: string[] = [];

  info(message: string): void {
    this.infos.push(message);
  }

  warn(message: string): void {
    this.warnings.push(message);
  }
}
