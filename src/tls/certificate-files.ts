import type { KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { CertificateFiles } from '../config/tls-config.ts';
import { certificateEntry, parseCertificate, parsePrivateKey } from './certificate-entry.ts';
import { certificateError } from './certificate-error.ts';
import type { CertificateEntry, TlsLogger } from './material.ts';
import { readPemFile, type PemFile } from './pem-file.ts';
import { tlsProfile } from './profile.ts';

const CERTIFICATE_BLOCK = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs;

/**
 * Reads a configured certificate and its key and makes sure that a server can use them, so that nothing
 * is left to fail in a handshake. What works but will hurt soon is a warning.
 *
 * @throws CertificateError naming the file and what would be right.
 */
export async function readCertificateFiles(files: CertificateFiles, nowMs: number, logger: TlsLogger): Promise<CertificateEntry> {
  const certPem = await readPemFile(files.certFile);
  const keyPem = await readPemFile(files.keyFile);
  const key = keyIn(keyPem);
  const { leaf, cert } = chainIn(certPem, key, files.keyFile, logger);
  const entry = certificateEntry(leaf, key, { cert, source: 'file', file: files.certFile });
  checkUsable(entry, files.certFile);
  warnAbout(leaf, entry, nowMs, logger);
  if (keyPem.isExposed) {
    logger.warn('this private key can be read by other users; chmod 600 would prevent that', { file: files.keyFile });
  }
  return entry;
}

function keyIn({ file, text }: PemFile): KeyObject {
  const key = parsePrivateKey(text);
  if (key !== null) return key;
  if (/ENCRYPTED/.test(text)) {
    throw certificateError(file, 'is encrypted, and there is nobody to type the passphrase; decrypt it with "openssl pkey".');
  }
  if (/PRIVATE KEY/.test(text)) throw certificateError(file, 'holds a private key that cannot be read; it is damaged or cut off.');
  if (/CERTIFICATE/.test(text)) throw certificateError(file, 'holds a certificate where a private key is expected; are the two files swapped?');
  throw certificateError(file, 'holds no private key; PEM text is expected ("-----BEGIN PRIVATE KEY-----").');
}

/** The leaf and the PEM of the chain without anything else that was in the file. */
function chainIn({ file, text }: PemFile, key: KeyObject, keyFile: string, logger: TlsLogger): { leaf: X509Certificate; cert: string } {
  const blocks = text.match(CERTIFICATE_BLOCK) ?? [];
  const chain = blocks.map((block, index) => {
    const certificate = parseCertificate(block);
    if (certificate === null) throw certificateError(file, `holds a certificate (number ${index + 1}) that cannot be read; it is damaged.`);
    return certificate;
  });
  const [leaf] = chain;
  if (leaf === undefined) {
    if (/PRIVATE KEY/.test(text)) throw certificateError(file, 'holds a private key where a certificate is expected; are the two files swapped?');
    throw certificateError(file, 'holds no certificate; PEM text is expected ("-----BEGIN CERTIFICATE-----").');
  }
  const fitting = chain.findIndex((certificate) => certificate.checkPrivateKey(key));
  if (fitting === -1) throw certificateError(file, `does not belong to the key in ${keyFile}; they must be made together.`);
  if (fitting > 0) throw certificateError(file, `has its own certificate at place ${fitting + 1}; it must be the first, followed by who issued it.`);
  if (chain.some((certificate, index) => chain[index + 1] !== undefined && !certificate.checkIssued(chain[index + 1] ?? leaf))) {
    logger.warn('in this chain a certificate is not followed by the one that issued it; some clients will not accept that', { file });
  }
  return { leaf, cert: `${blocks.join('\n')}\n` };
}

/** Finds what only OpenSSL knows, such as a key too short for its security level. */
function checkUsable(entry: CertificateEntry, file: string): void {
  try {
    createSecureContext({ ...tlsProfile, cert: entry.cert, key: entry.key });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw certificateError(file, `is refused by OpenSSL (${reason}).`, error);
  }
}

function warnAbout(leaf: X509Certificate, entry: CertificateEntry, nowMs: number, logger: TlsLogger): void {
  const { file, names } = entry;
  if (entry.notAfterMs <= nowMs) {
    logger.warn('this certificate has expired; clients refuse it until it is renewed', { file, notAfter: leaf.validTo });
  }
  if (Date.parse(leaf.validFrom) > nowMs) {
    logger.warn('this certificate is not valid yet; is the clock of this machine right?', { file, notBefore: leaf.validFrom });
  }
  if (names.length === 0) {
    logger.warn('this certificate has no subjectAltName; no client of today accepts it for any host', { file });
  }
}
