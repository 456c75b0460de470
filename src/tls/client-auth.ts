import type { SecureContextOptions, TLSSocket } from 'node:tls';
import type { X509Certificate } from 'node:crypto';
import type { ClientCertificate } from '../exchange/client-certificate.ts';
import type { ClientRule } from '../request/client-rules.ts';

/** Longer names are left out: cut off, one could become another one. */
const HEADER_CHARS_MAX = 2048;

/**
 * For the context of a server, and of every name it answers to: where a context names no authority of its own, Node
 * would take clients of all the well-known ones. The session context keeps a session of one rule from being resumed
 * under another (CVE-2025-23419).
 */
export function clientAuthOptions({ key, ca, crl }: ClientRule): SecureContextOptions {
  return { ca, ...(crl !== null && { crl }), sessionIdContext: key };
}

/**
 * What a client has shown on a connection whose server asked by `rule`. That OpenSSL has nothing to say against a
 * client does not mean that there is one: of a resumed session without a certificate it says the same.
 */
export function clientCertificateOf(socket: Pick<TLSSocket, 'authorized' | 'authorizationError' | 'getPeerX509Certificate'>, rule: ClientRule): ClientCertificate {
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return { rule: rule.key, verdict: 'NONE', fault: '', subject: '', san: '', fingerprint: '', notAfterMs: Infinity };
  return {
    rule: rule.key,
    verdict: socket.authorized ? 'SUCCESS' : 'FAILED',
    fault: socket.authorized ? '' : String(socket.authorizationError),
    subject: headerText(subjectOf(certificate)),
    san: headerText(certificate.subjectAltName ?? ''),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    notAfterMs: Date.parse(certificate.validTo),
  };
}

/** Node prints a field a line, what is special in it escaped by RFC 4514, which wants the last field first. */
function subjectOf({ subject }: X509Certificate): string {
  return subject.split('\n').toReversed().join(',');
}

/** Beyond ASCII, and for controls, the octets of UTF-8 as RFC 4514 §2.4 escapes them. */
function headerText(text: string): string {
  const ascii = text.replaceAll(/[^\x20-\x7e]/gu, (character) => Array.from(Buffer.from(character), (octet) => `\\${octet.toString(16).toUpperCase().padStart(2, '0')}`).join(''));
  return ascii.length > HEADER_CHARS_MAX ? '' : ascii.trim();
}
