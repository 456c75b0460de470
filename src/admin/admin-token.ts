import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** The environment variable that holds the bearer token of the admin server. */
export const ADMIN_TOKEN_VARIABLE = 'SLUICE_ADMIN_TOKEN';

/** Fewer characters can be guessed over a network. */
export const ADMIN_TOKEN_CHARS_MIN = 16;

/** Names a file that holds the token, as orchestrators hand out secrets. */
const TOKEN_FILE_VARIABLE = `${ADMIN_TOKEN_VARIABLE}_FILE`;

/** The token cannot be had; the message says from where. */
export class AdminTokenError extends Error {
  override readonly name = 'AdminTokenError';
}

/**
 * The token of the variable, or of the file that the other variable names; a line feed at its end is none of it.
 * @returns null: none is set. @throws AdminTokenError where both are set, or the file cannot be read or is empty.
 */
export function adminToken(env: Readonly<Record<string, string | undefined>>): string | null {
  const token = env[ADMIN_TOKEN_VARIABLE] || null;
  const file = env[TOKEN_FILE_VARIABLE] || null;
  if (file === null) return token;
  if (token !== null) throw new AdminTokenError(`${ADMIN_TOKEN_VARIABLE} and ${TOKEN_FILE_VARIABLE} are both set: set one of them.`);
  const read = readToken(file);
  if (read === '') throw new AdminTokenError(`The file ${file}, which ${TOKEN_FILE_VARIABLE} names, is empty.`);
  return read;
}

function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new AdminTokenError(`The file ${file}, which ${TOKEN_FILE_VARIABLE} names, cannot be read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
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
