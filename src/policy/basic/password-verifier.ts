import { scrypt, timingSafeEqual } from 'node:crypto';
import { latePart } from '../../lib/late-part.ts';
import type { PasswordHash } from '../../config/credentials/password-hash.ts';

/** Bytes beyond the table itself that OpenSSL counts. */
const SCRYPT_SLACK_BYTES = 1024 * 1024;

/** Whether it is the password, found out on a thread of the pool. @throws Error where this system has no bcrypt */
export async function isPassword(password: string, hash: PasswordHash): Promise<boolean> {
  if (hash.kind === 'bcrypt') {
    // A part in machine code, which only whoever has such hashes needs.
    const { verify } = await latePart(async () => import('@node-rs/bcrypt'));
    return verify(password, hash.text);
  }
  const { cost, blockSize, parallelization } = hash;
  const expected = Buffer.from(hash.key, 'base64');
  const N = 2 ** cost;
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  const maxmem = 128 * blockSize * (N + parallelization) + SCRYPT_SLACK_BYTES;
  scrypt(password, Buffer.from(hash.salt, 'base64'), expected.length, { N, r: blockSize, p: parallelization, maxmem }, (error, key) => {
    if (error === null) resolve(key);
    else reject(error);
  });
  return timingSafeEqual(await promise, expected);
}
