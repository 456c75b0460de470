import { createHash, timingSafeEqual } from 'node:crypto';

/** The environment variable that holds the bearer token of the admin server. */
export const ADMIN_TOKEN_VARIABLE = 'SLUICE_ADMIN_TOKEN';

/** Fewer characters can be guessed over a network. */
export const ADMIN_TOKEN_CHARS_MIN = 16;

/** Null: none is set. */
export function adminToken(env: Readonly<Record<string, string | undefined>>): string | null {
  return env[ADMIN_TOKEN_VARIABLE] || null;
}

/** Checks an Authorization header (RFC 6750, 2.1) in a time that says nothing about the token. */
export function createTokenCheck(token: string): (authorization: string | undefined) => boolean {
  const expected = digest(token);
  return (authorization) => {
    const given = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
    return given !== undefined && timingSafeEqual(digest(given), expected);
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
