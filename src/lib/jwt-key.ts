import type { KeyObject } from 'node:crypto';

/** What tokens may be signed with (RFC 7518 §3.1, RFC 8037 §3.1). `none` is not among them. */
export const JWT_ALGORITHMS = ['HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** A key that signatures are checked with, and the only algorithms that it is ever used for. Plain data. */
export interface JwtKey {
  /** Null: tokens are not expected to name it. */
  readonly kid: string | null;
  readonly algorithms: readonly JwtAlgorithm[];
  /** A secret, or a public key as PEM (SubjectPublicKeyInfo). */
  readonly material: string;
}

const RSA_BITS_MIN = 2048;
/** A check costs four times as much with a key twice as long. */
const RSA_BITS_MAX = 8192;
const RSA_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const satisfies readonly JwtAlgorithm[];
const EC_ALGORITHMS: ReadonlyMap<string, JwtAlgorithm> = new Map([['prime256v1', 'ES256'], ['secp384r1', 'ES384'], ['secp521r1', 'ES512']]);

/**
 * What a public key can check, and the key as PEM in the one form that leaves no doubt what it is.
 * @throws RangeError in words for the user where nothing may be checked with it (RFC 7518 §3.3, §3.4)
 */
export function publicKeyOf(key: KeyObject): Pick<JwtKey, 'algorithms' | 'material'> {
  return { algorithms: algorithmsOf(key), material: key.export({ type: 'spki', format: 'pem' }) };
}

/** Those keys that can do one of the algorithms, bound to them. @param algorithms null: any */
export function limitedTo(algorithms: readonly JwtAlgorithm[] | null, keys: readonly JwtKey[]): JwtKey[] {
  if (algorithms === null) return [...keys];
  return keys.map((key) => ({ ...key, algorithms: key.algorithms.filter((name) => algorithms.includes(name)) })).filter((key) => key.algorithms.length > 0);
}

function algorithmsOf({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): readonly JwtAlgorithm[] {
  if (type === 'rsa') {
    const { modulusLength: bits = 0, publicExponent = 0n } = details;
    if (bits < RSA_BITS_MIN) throw new RangeError(`an RSA key of ${bits} bits can be broken: it must have at least ${RSA_BITS_MIN}`);
    if (bits > RSA_BITS_MAX) throw new RangeError(`an RSA key of ${bits} bits takes too long to check: ${RSA_BITS_MAX} are the most`);
    // With an exponent of 1 everything is a signature.
    if (publicExponent < 3n || publicExponent % 2n === 0n) throw new RangeError(`an RSA key with the exponent ${publicExponent} protects nothing`);
    return RSA_ALGORITHMS;
  }
  if (type === 'ed25519' || type === 'ed448') return ['EdDSA'];
  const curve = type === 'ec' ? (details.namedCurve ?? '') : '';
  const algorithm = EC_ALGORITHMS.get(curve);
  if (algorithm !== undefined) return [algorithm];
  throw new RangeError(`a key of the kind ${curve === '' ? String(type) : curve} is of no use here: RSA, P-256, P-384, P-521, Ed25519 and Ed448 are`);
}
