import type { StoredCertificate } from './certificate-store.ts';
import { checkedCertificate, DamageError, parseJson } from './stored-entry.ts';

/** Lines before the first block are comments to every reader of PEM (RFC 7468, 2). */
const HEADING = 'sluice-certificate: ';
const KEY_BLOCK = /^-----BEGIN [A-Z ]*PRIVATE KEY-----$/m;

/**
 * A stored certificate as one PEM file, so that one rename replaces certificate, key and what is known of
 * them together: a line of JSON, the chain with the leaf first, the key. openssl and HAProxy read it, too.
 */
export function certificateText({ cert, key, ...facts }: StoredCertificate): string {
  return `${HEADING}${JSON.stringify(facts)}\n${cert}${key}`;
}

/** @throws DamageError where it is not whole. */
export function parseCertificateText(text: string): StoredCertificate {
  if (text.trim() === '') throw new DamageError('is empty');
  const end = text.indexOf('\n');
  if (end < 0 || !text.startsWith(HEADING)) throw new DamageError('does not begin as a file that was written here');
  const facts = parseJson(text.slice(HEADING.length, end));
  const pem = text.slice(end + 1);
  const keyAt = pem.search(KEY_BLOCK);
  if (keyAt < 0) throw new DamageError('has no private key; it is cut off');
  return checkedCertificate({ ...Object(facts), cert: pem.slice(0, keyAt), key: pem.slice(keyAt) });
}
