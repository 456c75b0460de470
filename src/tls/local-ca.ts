import type { KeyObject } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemErrorCode, createFile } from '../lib/atomic-file.ts';
import type { Clock } from '../lib/clock.ts';
import { parseCertificate, parsePrivateKey } from './certificate-entry.ts';
import { certificateError } from './certificate-error.ts';
import { issueRoot, LEAF_LIFETIME_MS, newKey, type Signer } from './issue-certificate.ts';
import type { TlsLogger } from './material.ts';
import { readPemFileIfAny } from './pem-file.ts';

const REMEDY = 'Move ca.key and ca.crt away and start again: a new CA is made, which clients must be told to trust.';

export interface LocalCaServices {
  readonly clock: Clock;
  readonly logger: TlsLogger;
}

export interface LocalCa extends Signer {
  /** Where it is kept; null: nothing could be written, so it lives in memory. */
  readonly store: { readonly dir: string; readonly certFile: string } | null;
}

/**
 * Opens the development CA in `dir`, `ca.crt` and `ca.key`, or makes it on first use. The key is published
 * first, whole and only once, and the certificate is always made for the key that is there: so
 * processes that start at once, or one that dies in between, cannot leave a pair that does not fit.
 *
 * @throws CertificateError if what is there is damaged, expired or may not be read. It is never overwritten.
 */
export async function openLocalCa(dir: string, { clock, logger }: LocalCaServices): Promise<LocalCa> {
  try {
    return await openStored(dir, clock, logger);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === '') throw error;
    logger.warn('the local CA cannot be stored; one in memory is used, so clients see a new CA after each start and reload', { dir, code });
    const key = parseKey(newKey(), dir);
    return { cert: await issueRoot(key, label(), clock.now()), key, store: null };
  }
}

async function openStored(dir: string, clock: Clock, logger: TlsLogger): Promise<LocalCa> {
  const keyFile = join(dir, 'ca.key');
  const certFile = join(dir, 'ca.crt');
  // The certificate is read first: it is published last, so where it is seen the key must be there.
  const storedCert = await readPemFileIfAny(certFile);
  const storedKey = await readPemFileIfAny(keyFile);
  if (storedKey === null && storedCert !== null) throw certificateError(certFile, `has no ca.key beside it. ${REMEDY}`);
  if (storedKey?.isExposed) {
    logger.warn('the key of the local CA can be read by other users; chmod 600 would prevent that', { file: keyFile });
  }

  const key = parseKey(storedKey?.text ?? (await publishKey(dir, keyFile)), keyFile);
  const cert = storedCert?.text ?? (await publishCert(certFile, key, clock, logger));
  checkRoot(cert, key, certFile, clock.now(), logger);
  return { cert, key, store: { dir, certFile } };
}

/** The key in the file afterwards, which may be the one of another process. */
async function publishKey(dir: string, keyFile: string): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const key = newKey();
  if (await createFile(keyFile, key, 0o600)) return key;
  return (await readPemFileIfAny(keyFile))?.text ?? '';
}

async function publishCert(certFile: string, key: KeyObject, clock: Clock, logger: TlsLogger): Promise<string> {
  const cert = await issueRoot(key, label(), clock.now());
  if (!(await createFile(certFile, cert, 0o644))) return (await readPemFileIfAny(certFile))?.text ?? '';
  logger.info('made a local CA for development; clients that trust this file accept its certificates', { file: certFile });
  return cert;
}

function parseKey(pem: string, file: string): KeyObject {
  const key = parsePrivateKey(pem);
  if (key === null) throw certificateError(file, `is damaged. ${REMEDY}`);
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw certificateError(file, `is not a P-256 key, so it was not made here. ${REMEDY}`);
  }
  return key;
}

function checkRoot(pem: string, key: KeyObject, file: string, nowMs: number, logger: TlsLogger): void {
  const root = parseCertificate(pem);
  if (root === null) throw certificateError(file, `is damaged. ${REMEDY}`);
  if (!root.checkPrivateKey(key)) throw certificateError(file, `does not belong to ca.key. ${REMEDY}`);
  if (!root.ca) throw certificateError(file, `is not the certificate of a CA. ${REMEDY}`);
  const remainingMs = Date.parse(root.validTo) - nowMs;
  if (remainingMs <= 0) throw certificateError(file, `has expired (${root.validTo}). ${REMEDY}`);
  if (remainingMs < LEAF_LIFETIME_MS) {
    logger.warn('the local CA expires soon; move ca.key and ca.crt away to get a new one', { file, notAfter: root.validTo });
  }
}

function label(): string {
  return `Sluice local CA ${hostname()}`;
}
