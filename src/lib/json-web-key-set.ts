import { createPublicKey } from 'node:crypto';
import { JWT_ALGORITHMS, type JwtAlgorithm, type JwtKey, publicKeyOf } from './jwt-key.ts';

const KEYS_MAX = 100;
const KID_CHARS_MAX = 512;

/** A JSON Web Key Set as far as it is of use. */
export interface KeySet {
  readonly keys: readonly JwtKey[];
  /** Why others are not among them, a sentence each. */
  readonly ignored: readonly string[];
}

/**
 * Reads a JSON Web Key Set (RFC 7517). What cannot check signatures of tokens, or must not, is left out.
 * @throws RangeError in words for the user where the text is no such set
 */
export function readKeySet(text: string): KeySet {
  const keys: JwtKey[] = [];
  const ignored: string[] = [];
  for (const [index, item] of listOf(text).entries()) {
    const kid = isObject(item) && typeof item['kid'] === 'string' ? item['kid'] : null;
    try {
      keys.push(keyOf(item, kid));
    } catch (error) {
      const name = kid === null ? `number ${index + 1}` : `\`${kid.slice(0, 100)}\``;
      ignored.push(`key ${name} is not used: ${error instanceof RangeError ? error.message : 'it cannot be read'}`);
    }
  }
  return { keys, ignored };
}

function listOf(text: string): readonly unknown[] {
  let set: unknown;
  try {
    set = JSON.parse(text);
  } catch {
    throw new RangeError('it is not JSON');
  }
  const list = isObject(set) ? set['keys'] : null;
  if (!Array.isArray(list)) throw new RangeError('it is no JSON Web Key Set, which has a list `keys`');
  if (list.length > KEYS_MAX) throw new RangeError(`it has ${list.length} keys, more than the ${KEYS_MAX} allowed`);
  return list;
}

function keyOf(jwk: unknown, kid: string | null): JwtKey {
  if (!isObject(jwk)) throw new RangeError('it is not a set of members');
  const { kty, use, key_ops: uses, alg } = jwk;
  if (kid === null ? jwk['kid'] !== undefined : kid.length > KID_CHARS_MAX) throw new RangeError(`its \`kid\` is not a text of at most ${KID_CHARS_MAX} characters`);
  if (use !== undefined && use !== 'sig') throw new RangeError('it is not for signatures');
  if (uses !== undefined && !(Array.isArray(uses) && uses.includes('verify'))) throw new RangeError('it is not for checking signatures');
  if (kty === 'oct' || jwk['k'] !== undefined) throw new RangeError('it is a secret, which protects nothing where everybody can read it');
  if (jwk['d'] !== undefined) throw new RangeError('its private part stands in the open');
  const { algorithms, material } = publicKeyOf(createPublicKey({ format: 'jwk', key: jwk }));
  if (alg === undefined) return { kid, algorithms, material };
  const own = algorithms.filter((algorithm) => algorithm === alg);
  if (own.length > 0) return { kid, algorithms: own, material };
  throw new RangeError(`${nameOf(alg)} is not an algorithm for a key of its kind`);
}

function nameOf(alg: unknown): JwtAlgorithm | 'its `alg`' {
  return JWT_ALGORITHMS.find((name) => name === alg) ?? 'its `alg`';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
