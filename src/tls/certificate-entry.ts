import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import type { CertificateEntry } from './material.ts';
import { namesOf } from './server-name.ts';

/** The entry of a leaf certificate and its key, both known to fit. `cert` is the PEM with the whole chain. */
export function certificateEntry(
  leaf: X509Certificate,
  key: KeyObject,
  origin: Pick<CertificateEntry, 'cert' | 'source' | 'file'>,
): CertificateEntry {
  return {
    names: namesOf(leaf.subjectAltName),
    cert: origin.cert,
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    keyType: key.asymmetricKeyType ?? 'unknown',
    source: origin.source,
    file: origin.file,
    notAfterMs: Date.parse(leaf.validTo),
    issuer: readableName(leaf.issuer),
  };
}

/** A certificate from PEM or null where the text is none; OpenSSL's own words help nobody. */
export function parseCertificate(pem: string): X509Certificate | null {
  try {
    return new X509Certificate(pem);
  } catch {
    return null;
  }
}

/** A private key from PEM, or null where the text holds none that can be read without a passphrase. */
export function parsePrivateKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

/** Common name of a distinguished name as Node prints it, a field a line; the whole where it has none. */
function readableName(distinguishedName: string): string {
  return /^CN=(.+)$/m.exec(distinguishedName)?.[1] ?? distinguishedName.replaceAll('\n', ', ');
}
