import { createPublicKey, type KeyObject } from 'node:crypto';
import { type KeySet, readKeySet } from '../lib/json-web-key-set.ts';
import { type JwtAlgorithm, type JwtKey, limitedTo, publicKeyOf } from '../lib/jwt-key.ts';
import { secretWeakness } from '../lib/weak-secret.ts';
import type { Context } from './context.ts';
import { readNamedFile } from './read-named-file.ts';
import type { Node } from './tree.ts';

type Path = readonly (string | number)[];

/** How one key of a configuration is written. */
interface RawKey {
  readonly kid?: string | undefined;
  readonly alg?: JwtAlgorithm | readonly JwtAlgorithm[] | undefined;
  readonly secret?: string | undefined;
  readonly publicKey?: string | undefined;
}

const SECRET_ALGORITHMS: readonly JwtAlgorithm[] = ['HS256', 'HS384', 'HS512'];
const GOOD_SECRET = 'Make one with `openssl rand -hex 32`, and keep it out of this file: `${JWT_SECRET}` or `file:/run/secrets/jwt`.';

/**
 * The keys of one entry, each bound to the algorithms of its own kind, so that a public key can never be taken for a secret.
 * What is wrong is reported, and left out.
 * @param base where the entry stands. @param algorithmsAt where algorithms stand that each must be of use; null: they are for other keys, too.
 */
export function resolveKeys(raw: RawKey, place: Context, base: Path, algorithmsAt: Path | null): JwtKey[] {
  const { kid = null, secret, publicKey } = raw;
  const wanted = raw.alg === undefined ? null : [raw.alg].flat();
  const errorsBefore = place.report.errorCount;
  const keys: JwtKey[] = [];
  const add = (node: Node, able: readonly JwtAlgorithm[], usual: readonly JwtAlgorithm[], material: string): void => {
    const algorithms = wanted === null ? usual : able.filter((name) => wanted.includes(name));
    if (algorithms.length > 0) keys.push({ kid, algorithms, material });
    else place.report.error(node, `this cannot be used for ${(wanted ?? []).join(', ')}`, `It is for ${able.join(', ')}.`);
  };
  if (secret !== undefined) {
    const node = place.at(...base, 'secret');
    if (isSecret(secret, wanted ?? ['HS256'], node, place)) add(node, SECRET_ALGORITHMS, ['HS256'], secret);
  }
  if (publicKey !== undefined) {
    const node = place.at(...base, 'publicKey');
    const found = resolvePublicKey(publicKey, node, place);
    if (found !== null) add(node, found.algorithms, found.algorithms, found.material);
  }
  const unused = (wanted ?? []).filter((name) => keys.every(({ algorithms }) => !algorithms.includes(name)));
  if (algorithmsAt !== null && unused.length > 0 && place.report.errorCount === errorsBefore) {
    place.report.error(place.at(...algorithmsAt), `no key here can be used for ${unused.join(', ')}`, 'Leave it out, or add a key for it.');
  }
  return keys;
}

/** It stands somewhere else, could not be read there, and that has been reported. */
function isUnknown(node: Node): boolean {
  return node.kind === 'scalar' && node.isBroken === true;
}

/** Never repeats it. */
function isSecret(secret: string, algorithms: readonly JwtAlgorithm[], node: Node, { report }: Context): boolean {
  if (isUnknown(node)) return false;
  if (/-----BEGIN |"kty"\s*:/.test(secret)) {
    report.error(node, 'this is no secret but a key: whoever has the public half could sign tokens with it', 'Write `publicKey`, or `jwks` for a set of keys.');
    return false;
  }
  const weakness = secretWeakness(secret, SECRET_ALGORITHMS.filter((name) => algorithms.includes(name)));
  if (weakness !== null) report.error(node, `this secret is too weak: ${weakness}`, GOOD_SECRET);
  return weakness === null;
}

function resolvePublicKey(text: string, node: Node, place: Context): Pick<JwtKey, 'algorithms' | 'material'> | null {
  if (isUnknown(node)) return null;
  const pem = (text.includes('-----BEGIN ') ? text : (readNamedFile(node, text, place) ?? '')).trim();
  if (pem === '') return null;
  const fault = (message: string, hint: string): null => {
    place.report.error(node, message, hint);
    return null;
  };
  if (pem.includes('PRIVATE KEY-----')) return fault('this is a private key, and must not lie here', 'The public one is enough: `openssl pkey -in private.pem -pubout`.');
  const key = publicKeyIn(pem);
  if (key === null) return fault('this is no public key', 'It is PEM, and starts with `-----BEGIN PUBLIC KEY-----` or `-----BEGIN CERTIFICATE-----`.');
  try {
    return publicKeyOf(key);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return fault(error.message, 'Ask whoever issues the tokens for another key.');
  }
}

function publicKeyIn(pem: string): KeyObject | null {
  try {
    return createPublicKey(pem);
  } catch {
    return null;
  }
}

/** The keys of a file with a JSON Web Key Set. */
export function resolveKeySet(file: string, node: Node, place: Context, algorithms: readonly JwtAlgorithm[] | null): JwtKey[] {
  const text = readNamedFile(node, file, place);
  if (text === null) return [];
  let set: KeySet;
  try {
    set = readKeySet(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    place.report.error(node, `the file named here is of no use: ${error.message}`, 'It is what the issuer publishes under `jwks_uri`.');
    return [];
  }
  for (const reason of set.ignored) place.report.warning(node, reason);
  const keys = limitedTo(algorithms, set.keys);
  if (keys.length === 0) place.report.error(node, 'the file named here has no key that tokens can be checked with', 'It is what the issuer publishes under `jwks_uri`.');
  return keys;
}
