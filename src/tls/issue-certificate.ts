import { createHash, createPublicKey, generateKeyPairSync, randomBytes, webcrypto, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { loadX509Library, type Extension, type PublicKey } from './x509-library.ts';

const DAY_MS = 86_400_000;
const ROOT_LIFETIME_MS = 3650 * DAY_MS;
export const LEAF_LIFETIME_MS = 90 * DAY_MS;
/** A proof for a CA is looked at within minutes. */
const PROOF_LIFETIME_MS = 7 * DAY_MS;
/** id-pe-acmeIdentifier (RFC 8737, 6.1). */
const ACME_IDENTIFIER = '1.3.6.1.5.5.7.1.31';
/** A client whose clock is up to an hour behind accepts a certificate that was made just now. */
const BACKDATE_MS = 3_600_000;
/** Longest common name (RFC 5280, appendix A, ub-common-name). */
const COMMON_NAME_LENGTH_MAX = 64;

const SIGNATURE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new P-256 key as PKCS #8 PEM, not encrypted. */
export function newKey(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' });
}

/**
 * A root certificate for `key` (P-256), valid for ten years. It may sign leaf certificates and no CA
 * below itself (RFC 5280, 4.2.1.9).
 *
 * @param label who and where the CA is; the start of the key's identifier is added, so that two CAs
 * of machines of the same name can be told apart in a list.
 * @returns PEM.
 */
export async function issueRoot(key: KeyObject, label: string, nowMs: number): Promise<string> {
  const x509 = await loadX509Library();
  const publicKey = new x509.PublicKey(publicKeyDer(key));
  const keyId = await x509.SubjectKeyIdentifierExtension.create(publicKey);
  const suffix = ` ${keyId.keyId.slice(0, 6)}`;
  const name = [{ O: ['Sluice'] }, { CN: [label.slice(0, COMMON_NAME_LENGTH_MAX - suffix.length) + suffix] }];
  return sign(key, publicKey, {
    subject: name,
    issuer: name,
    nowMs,
    notAfterMs: nowMs + ROOT_LIFETIME_MS,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      keyId,
    ],
  });
}

/** The pair that signs: a root's certificate as PEM, and its key. */
export interface Signer {
  readonly cert: string;
  readonly key: KeyObject;
}

/**
 * A server certificate for `leafKey` with all of `names` (DNS names, wildcards, addresses), valid for
 * 90 days or until the root ends.
 *
 * @returns PEM of the leaf alone; clients have the root.
 */
export async function issueLeaf(
  signer: Signer,
  leafKey: KeyObject,
  names: readonly string[],
  nowMs: number,
): Promise<string> {
  const x509 = await loadX509Library();
  const root = new x509.X509Certificate(signer.cert);
  const publicKey = new x509.PublicKey(publicKeyDer(leafKey));
  const commonName = names.find((name) => name.length <= COMMON_NAME_LENGTH_MAX) ?? 'Sluice';
  return sign(signer.key, publicKey, {
    subject: [{ O: ['Sluice'] }, { CN: [commonName] }],
    issuer: root.subjectName.toJSON(),
    nowMs,
    notAfterMs: Math.min(nowMs + LEAF_LIFETIME_MS, root.notAfter.getTime()),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(names.map(toGeneralName)),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(root.publicKey),
    ],
  });
}

/**
 * The certificate that answers a tls-alpn-01 challenge (RFC 8737, 3): signed by itself, for exactly this
 * host, with the digest of the key authorization in an extension that no other client accepts.
 *
 * @param key P-256.
 * @returns PEM.
 */
export async function issueProof(key: KeyObject, host: string, keyAuthorization: string, nowMs: number): Promise<string> {
  const x509 = await loadX509Library();
  const name = [{ CN: ['ACME challenge'] }];
  const digest = createHash('sha256').update(keyAuthorization).digest();
  return sign(key, new x509.PublicKey(publicKeyDer(key)), {
    subject: name,
    issuer: name,
    nowMs,
    notAfterMs: nowMs + PROOF_LIFETIME_MS,
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }]),
      // The value is an OCTET STRING of 32 bytes.
      new x509.Extension(ACME_IDENTIFIER, true, Buffer.concat([Buffer.from([0x04, digest.length]), digest])),
    ],
  });
}

interface Contents {
  readonly subject: { readonly [field: string]: string[] }[];
  readonly issuer: { readonly [field: string]: string[] }[];
  readonly nowMs: number;
  readonly notAfterMs: number;
  readonly extensions: Extension[];
}

async function sign(key: KeyObject, publicKey: PublicKey, contents: Contents): Promise<string> {
  const x509 = await loadX509Library();
  const pkcs8 = key.export({ type: 'pkcs8', format: 'der' });
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: randomBytes(16).toString('hex'),
    subject: contents.subject,
    issuer: contents.issuer,
    notBefore: new Date(contents.nowMs - BACKDATE_MS),
    notAfter: new Date(contents.notAfterMs),
    signingAlgorithm: SIGNATURE,
    publicKey,
    signingKey: await webcrypto.subtle.importKey('pkcs8', pkcs8, SIGNATURE, false, ['sign']),
    extensions: contents.extensions,
  });
  return `${certificate.toString('pem')}\n`;
}

function publicKeyDer(key: KeyObject): Buffer<ArrayBuffer> {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

function toGeneralName(name: string): { type: 'dns' | 'ip'; value: string } {
  return { type: isIP(name) === 0 ? 'dns' : 'ip', value: name };
}
