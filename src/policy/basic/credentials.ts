/** What a client has shown of itself (RFC 7617 §2). */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const BASIC = /^basic(?: +|$)/i;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const CONTROL = /\p{Cc}/u;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * @param value of Authorization.
 * @returns null: it has another scheme.
 * @throws RangeError in words that repeat nothing of it.
 */
export function parseBasic(value: string): Credentials | null {
  const scheme = BASIC.exec(value);
  if (scheme === null) return null;
  const encoded = value.slice(scheme[0].length).trimEnd();
  if (!BASE64.test(encoded)) throw new RangeError('the credentials are not Base64');
  const text = decoded(encoded);
  const colon = text.indexOf(':');
  if (colon === -1) throw new RangeError('the credentials have no `:` between name and password');
  // C libraries would end the password at a NUL (RFC 7617 §2 allows no control characters).
  if (CONTROL.test(text)) throw new RangeError('the credentials have control characters');
  return { user: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decoded(encoded: string): string {
  try {
    return utf8.decode(Buffer.from(encoded, 'base64'));
  } catch {
    throw new RangeError('the credentials are not UTF-8');
  }
}
