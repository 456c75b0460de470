import { readLines } from './file-fault.ts';
import { parsePasswordHash, type PasswordHash } from './password-hash.ts';

/** Somebody who may come in with a password. Plain data. */
export interface UserEntry {
  readonly name: string;
  readonly hash: PasswordHash;
}

const NAME_CHARS_MAX = 255;

/** @throws RangeError where HTTP could not carry the name (RFC 7617 §2). */
export function checkUserName(name: string): void {
  if (name === '' || name.length > NAME_CHARS_MAX) throw new RangeError(`the name of a user has 1 to ${NAME_CHARS_MAX} characters`);
  if (name.includes(':')) throw new RangeError('the name of a user has no `:`, because that ends it in a request');
  if (/\p{Cc}/u.test(name)) throw new RangeError('the name of a user has no control characters');
}

/**
 * The users of an htpasswd file: `NAME:HASH` on each line; what stands behind another `:` is a remark.
 * @throws CredentialFileError with all that is wrong, and nothing of what stands there.
 */
export function parseUserFile(text: string): UserEntry[] {
  const names = new Set<string>();
  return readLines(text, (line) => {
    const [name = '', hash] = line.split(':');
    checkUserName(name);
    if (hash === undefined) throw new RangeError('there is no `:`: a line is `NAME:HASH`');
    if (names.has(name)) throw new RangeError('this user stands in the file twice');
    names.add(name);
    return { name, hash: parsePasswordHash(hash) };
  });
}
