import type { Static } from 'typebox';
import { Type } from '../../lib/schema-type.ts';
import { fits } from '../../lib/schema-check.ts';
import { parseCertificate, parsePrivateKey } from '../certificate-entry.ts';
import { StoreError, type StoredCertificate, type StoredChallenge } from './certificate-store.ts';

/** A chain of four RSA certificates and its key have some 15 KB, with a hundred names some 30 KB. */
export const ENTRY_BYTES_MAX = 1_048_576;
export const CERTIFICATES_MAX = 10_000;
export const CHALLENGES_MAX = 1000;

/** What a store gave back is not what was once put there. The message goes on from `the entry …`, and holds nothing of the entry. */
export class DamageError extends Error {
  override readonly name = 'DamageError';
}

const CERTIFICATE_BLOCK = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;

const Text = Type.String({ minLength: 1, maxLength: ENTRY_BYTES_MAX });
const Url = Type.String({ pattern: '^https?://[!-~]+$', maxLength: 2048 });

const Certificate = Type.Object({
  id: Text,
  names: Type.Array(Text, { minItems: 1, maxItems: 1000 }),
  cert: Text,
  key: Text,
  directory: Url,
  staging: Type.Boolean(),
  issuedAtMs: Type.Number(),
});

const Challenge = Type.Object({
  host: Type.String({ minLength: 1, maxLength: 255 }),
  type: Type.Union([Type.Literal('http-01'), Type.Literal('tls-alpn-01')]),
  token: Type.String({ maxLength: 512 }),
  keyAuthorization: Type.String({ minLength: 1, maxLength: 1024 }),
});

/** The certificate in its one spelling, known to be whole and to fit its key. @throws DamageError */
export function checkedCertificate(value: unknown): StoredCertificate {
  if (!fits(Certificate, value)) throw new DamageError('does not have the fields of a certificate');
  const { id, names, directory, staging, issuedAtMs }: Static<typeof Certificate> = value;
  const cert = checkedChain(value.cert);
  const key = tidyPem(value.key);
  const keyObject = parsePrivateKey(key);
  if (keyObject === null) throw new DamageError('has a private key that cannot be read');
  if (parseCertificate(cert)?.checkPrivateKey(keyObject) !== true) throw new DamageError('has a key that does not belong to its certificate');
  const entry = { id, names, cert, key, directory, staging, issuedAtMs };
  if (Buffer.byteLength(JSON.stringify(entry)) > ENTRY_BYTES_MAX) throw new DamageError('is larger than 1 MiB');
  return entry;
}

/** @throws DamageError */
export function checkedChallenge(value: unknown): StoredChallenge {
  if (!fits(Challenge, value)) throw new DamageError('does not have the fields of a challenge');
  const { host, type, token, keyAuthorization } = value;
  return { host, type, token, keyAuthorization };
}

/** PEM of an account key. @throws DamageError */
export function checkedAccountKey(text: string): string {
  if (parsePrivateKey(text) === null) throw new DamageError('is not a private key');
  return tidyPem(text);
}

/** @throws DamageError */
export function checkedAccountUrl(value: unknown): string {
  if (!fits(Url, value)) throw new DamageError('is not the URL of an account');
  return value;
}

/** The check of something read, made of something to be written. @throws StoreError instead of DamageError */
export function toBeStored<T, U>(value: T, check: (value: T) => U, what: string): U {
  try {
    return check(value);
  } catch (error) {
    if (error instanceof DamageError) throw new StoreError(`${what} ${error.message}; it is not stored.`);
    throw error;
  }
}

/** @throws DamageError, without the text, which the error of `JSON.parse` would quote. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new DamageError(text.trim() === '' ? 'is empty' : 'is not the JSON that was written there');
  }
}

/** RFC 8555, 9.1: nothing but certificates, the leaf first. */
function checkedChain(text: string): string {
  const blocks = text.match(CERTIFICATE_BLOCK) ?? [];
  const others = text.replaceAll(CERTIFICATE_BLOCK, '').trim();
  if (blocks.length === 0 || others !== '') throw new DamageError('has a chain that is not PEM certificates alone');
  if (blocks.some((block) => parseCertificate(block) === null)) throw new DamageError('has a certificate that cannot be read');
  return tidyPem(text);
}

function tidyPem(text: string): string {
  return `${text.trim()}\n`;
}
