import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemErrorCode, createFile, replaceFile } from '../lib/atomic-file.ts';
import { certificateEntry, parseCertificate, parsePrivateKey } from './certificate-entry.ts';
import { CertificateError } from './certificate-error.ts';
import { issueLeaf, newKey } from './issue-certificate.ts';
import type { LocalCa, LocalCaServices } from './local-ca.ts';
import type { CertificateEntry, TlsLogger } from './material.ts';
import { readPemFileIfAny } from './pem-file.ts';
import { namesOf } from './server-name.ts';

/** Long enough to be read, short enough for any file system with the endings of temporary files. */
const FILE_NAME_LENGTH_MAX = 100;

/**
 * A certificate of the local CA for `names`, kept as `local/<label>.crt` and `.key` in the store and used
 * again while it fits. A key is published once and stays; only the certificate is replaced, always by
 * one for the key that is there, so two processes cannot mix a pair. A damaged file is kept as
 * `.bad` and made anew; a store that cannot be written gets a warning and a certificate in memory.
 */
export async function openLocalLeaf(
  ca: LocalCa,
  label: string,
  names: readonly string[],
  services: LocalCaServices,
): Promise<CertificateEntry> {
  if (ca.store === null) return issueInMemory(ca, names, services);
  const file = join(ca.store.dir, 'local', fileNameOf(label));
  try {
    return await openStored(ca, file, names, services);
  } catch (error) {
    if (systemErrorCode(error) === '' && !(error instanceof CertificateError)) throw error;
    services.logger.warn('this local certificate cannot be stored; one in memory is used', { file: `${file}.crt`, error });
    return issueInMemory(ca, names, services);
  }
}

/** When a certificate has a third of its life left, in epoch milliseconds. */
export function renewalTimeMs(certificate: X509Certificate): number {
  const notAfterMs = Date.parse(certificate.validTo);
  return notAfterMs - (notAfterMs - Date.parse(certificate.validFrom)) / 3;
}

async function openStored(ca: LocalCa, file: string, names: readonly string[], services: LocalCaServices): Promise<CertificateEntry> {
  const { clock, logger } = services;
  const certFile = `${file}.crt`;
  const key = await openKey(`${file}.key`, logger);
  const stored = await readPemFileIfAny(certFile);
  const leaf = stored === null ? null : parseCertificate(stored.text);
  if (stored !== null && leaf === null) await setAside(certFile, logger);
  if (stored !== null && leaf !== null && isUsable(leaf, key, ca, names, clock.now())) {
    return certificateEntry(leaf, key, { cert: stored.text, source: 'local-ca', file: certFile });
  }
  const entry = await issue(ca, key, names, clock.now(), certFile);
  await replaceFile(certFile, entry.cert, 0o644);
  logger.info('the local CA issued a certificate', { file: certFile, names });
  return entry;
}

async function openKey(keyFile: string, logger: TlsLogger): Promise<KeyObject> {
  const stored = await readPemFileIfAny(keyFile);
  const key = stored === null ? null : parsePrivateKey(stored.text);
  if (key !== null) return key;
  if (stored !== null) await setAside(keyFile, logger);
  await mkdir(dirname(keyFile), { recursive: true, mode: 0o700 });
  await createFile(keyFile, newKey(), 0o600);
  // Read back, because another process may have been first.
  const published = parsePrivateKey((await readPemFileIfAny(keyFile))?.text ?? '');
  if (published === null) throw new CertificateError([{ file: keyFile, text: 'was damaged by another process just now.' }]);
  return published;
}

async function setAside(file: string, logger: TlsLogger): Promise<void> {
  await rename(file, `${file}.bad`);
  logger.warn('this file of the local CA is damaged; it is made anew', { file, keptAs: `${file}.bad` });
}

function isUsable(leaf: X509Certificate, key: KeyObject, ca: LocalCa, names: readonly string[], nowMs: number): boolean {
  const root = parseCertificate(ca.cert);
  const covered = new Set(namesOf(leaf.subjectAltName));
  return (
    leaf.checkPrivateKey(key) &&
    root !== null &&
    leaf.checkIssued(root) &&
    leaf.verify(root.publicKey) &&
    names.every((name) => covered.has(name)) &&
    Date.parse(leaf.validFrom) <= nowMs &&
    renewalTimeMs(leaf) > nowMs
  );
}

async function issueInMemory(ca: LocalCa, names: readonly string[], { clock }: LocalCaServices): Promise<CertificateEntry> {
  return issue(ca, requireParsed(parsePrivateKey(newKey())), names, clock.now(), null);
}

async function issue(ca: LocalCa, key: KeyObject, names: readonly string[], nowMs: number, file: string | null): Promise<CertificateEntry> {
  const cert = await issueLeaf(ca, key, names, nowMs);
  return certificateEntry(requireParsed(parseCertificate(cert)), key, { cert, source: 'local-ca', file });
}

/** What we made ourselves a moment ago can be parsed, or something is very wrong. */
function requireParsed<T>(value: T | null): T {
  if (value === null) throw new Error('a certificate or key made here cannot be parsed');
  return value;
}

/** `*` and whatever else a file system may not like becomes `_`, with a hash to keep such names apart. */
function fileNameOf(label: string): string {
  const safe = label.replaceAll(/[^a-z0-9.-]/g, '_').slice(0, FILE_NAME_LENGTH_MAX);
  return safe === label ? safe : `${safe}-${createHash('sha256').update(label).digest('hex').slice(0, 8)}`;
}
