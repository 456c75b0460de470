import { randomBytes, scrypt } from 'node:crypto';
import { checkUserName } from '../config/credentials/user-file.ts';
import type { CommandOptions } from './command-options.ts';
import { Exit, type Terminal } from './terminal.ts';

/** 64 MB and some 200 ms a password (OWASP Password Storage Cheat Sheet: N = 2^16, r = 8, p = 2, or more). */
const COST = 16;
const BLOCK_SIZE = 8;
const PARALLELIZATION = 2;
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const MEMORY_BYTES_MAX = 128 * 1024 * 1024;

/** `sluice password`: the hash of a password, as `basic` takes it. Writes nothing down. */
export async function password(_file: string, terminal: Terminal, { words: [name = 'NAME'] }: Pick<CommandOptions, 'words'>): Promise<number> {
  try {
    checkUserName(name);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    terminal.err(`sluice: ${error.message}.`);
    return Exit.Wrong;
  }
  const secret = await terminal.secret('Password: ');
  if (secret === '' || /\p{Cc}/u.test(secret)) {
    terminal.err('sluice: standard input has no password, or one with control characters, which a request cannot carry.');
    return Exit.Wrong;
  }
  const hash = await hashOf(secret);
  terminal.out(`  in an htpasswd file:           ${name}:${hash}\n  in the configuration, users:   ${JSON.stringify(name)}: '${hash}'`);
  return Exit.Ok;
}

/** In the PHC string format. */
async function hashOf(secret: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  scrypt(secret, salt, KEY_BYTES, { N: 2 ** COST, r: BLOCK_SIZE, p: PARALLELIZATION, maxmem: MEMORY_BYTES_MAX }, (error, key) => {
    if (error === null) resolve(key);
    else reject(error);
  });
  return `$scrypt$ln=${COST},r=${BLOCK_SIZE},p=${PARALLELIZATION}$${base64(salt)}$${base64(await promise)}`;
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
