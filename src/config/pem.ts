import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Context } from './context.ts';
import { readNamedFile } from './read-named-file.ts';
import type { Node } from './tree.ts';

const CERTIFICATE = { label: 'CERTIFICATE', isValid: isCertificate };
const REVOCATION_LIST = { label: 'X509 CRL', isValid: isRevocationList };

/**
 * The certificates that an option names: a path, or what `file:` has already put in its place. OpenSSL would take
 * an empty list without a word, and nobody would be trusted; so that is an error at the option, and null.
 */
export function readAuthorities(node: Node, text: string, context: Context): string | null {
  return readPem(node, text, CERTIFICATE, 'Name a file with the certificate of the authority', context);
}

/** The same for certificate revocation lists (RFC 5280 §5). */
export function readRevocationLists(node: Node, text: string, context: Context): string | null {
  return readPem(node, text, REVOCATION_LIST, 'Name a file with the revocation list of the authority, not in DER (`openssl crl -inform DER` converts it)', context);
}

function readPem(node: Node, text: string, kind: typeof CERTIFICATE, advice: string, context: Context): string | null {
  const pem = isInline(text) ? text : readNamedFile(node, text, context);
  if (pem === null || holds(pem, kind)) return pem;
  const what = kind === CERTIFICATE ? 'certificate' : 'revocation list';
  context.report.error(node, `holds no valid PEM ${what}`, `${advice}, which starts with \`-----BEGIN ${kind.label}-----\`.`);
  return null;
}

/** Whether a text is PEM itself and no path. */
export function isInline(text: string): boolean {
  return text.startsWith('-----BEGIN ');
}

/** At least one, and no damaged one. */
function holds(pem: string, { label, isValid }: typeof CERTIFICATE): boolean {
  const blocks = pem.match(new RegExp(`-----BEGIN ${label}-----.*?(?:-----END ${label}-----|$)`, 'gs'));
  return blocks?.every(isValid) ?? false;
}

function isCertificate(block: string): boolean {
  try {
    return new X509Certificate(block).raw.length > 0;
  } catch {
    return false;
  }
}

/** Node has no class for these lists; OpenSSL reads one all the same. */
function isRevocationList(block: string): boolean {
  try {
    createSecureContext({ crl: block });
    return true;
  } catch {
    return false;
  }
}
