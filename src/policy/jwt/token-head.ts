import { isUtf8 } from 'node:buffer';
import { jsonDoubt } from '../../lib/strict-json.ts';
import { TokenFault } from './token-fault.ts';

export const TOKEN_CHARS_MAX = 16 * 1024;
const KID_CHARS_MAX = 512;
const DEPTH_MAX = 32;

/** What the header of a token says that a key is chosen by. Everything else that could name one is not read: `jku`, `x5u`, `x5c`, `jwk`. */
export interface TokenHead {
  readonly alg: string;
  /** Null: it names no key. Only ever compared with names that are known. */
  readonly kid: string | null;
}

/**
 * The header of a signed token (RFC 7515 §4.1), of which nothing is proven yet.
 * @throws TokenFault
 */
export function readTokenHead(token: string): TokenHead {
  if (token.length > TOKEN_CHARS_MAX) throw new TokenFault(`the token has more than ${TOKEN_CHARS_MAX} characters`);
  const parts = token.split('.', 4);
  const [header = '', payload = '', signature = ''] = parts;
  if (parts.length !== 3 || payload === '') throw new TokenFault('the token has not three parts');
  if (signature === '') throw new TokenFault('the token is not signed');
  // Otherwise one token could be written in many ways, each of which would be remembered.
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) throw new TokenFault('the signature is not base64url');
  const { alg, kid, typ, crit, b64 } = membersOf(header, 'header');
  if (typeof alg !== 'string') throw new TokenFault('the header has no `alg`');
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > KID_CHARS_MAX)) throw new TokenFault(`the \`kid\` is not a text of at most ${KID_CHARS_MAX} characters`);
  if (crit !== undefined) throw new TokenFault('the header has `crit`, and no extension is known here');
  if (b64 !== undefined) throw new TokenFault('the header has `b64`, which no JWT has (RFC 7797 §7)');
  // A proof, a logout or a request that is a JWT as well must not open a door (RFC 8725 §3.11).
  if (typeof typ === 'string' && /\+jwt$/i.test(typ) && !/^(?:application\/)?at\+jwt$/i.test(typ)) throw new TokenFault('the token is of a type that is not for access');
  return { alg, kid: kid ?? null };
}

/**
 * Refuses claims that another reader could take for something else.
 * @throws TokenFault
 */
export function checkPayload(token: string): void {
  membersOf(token.slice(token.indexOf('.') + 1, token.lastIndexOf('.')), 'payload');
}

function membersOf(part: string, name: string): Readonly<Record<string, unknown>> {
  const bytes = Buffer.from(part, 'base64url');
  if (bytes.toString('base64url') !== part) throw new TokenFault(`the ${name} is not base64url`);
  if (!isUtf8(bytes)) throw new TokenFault(`the ${name} is not UTF-8`);
  const text = bytes.toString('utf8');
  const value = parsed(text);
  if (!isObject(value)) throw new TokenFault(`the ${name} is no JSON object`);
  const doubt = jsonDoubt(text, DEPTH_MAX);
  if (doubt !== null) throw new TokenFault(`the ${name} can be read in two ways: ${doubt}`);
  return value;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
