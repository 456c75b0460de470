/** A password as it is written down. Plain data. */
export type PasswordHash = BcryptHash | ScryptHash;

interface BcryptHash {
  readonly kind: 'bcrypt';
  /** As written: `$2b$12$…`. */
  readonly text: string;
  /** Rounds, as a power of two. */
  readonly cost: number;
}

interface ScryptHash {
  readonly kind: 'scrypt';
  readonly text: string;
  /** RFC 7914: N as a power of two, r, p. */
  readonly cost: number;
  readonly blockSize: number;
  readonly parallelization: number;
  /** Base64. */
  readonly salt: string;
  /** Base64. */
  readonly key: string;
}

const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const SCRYPT = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/;
const BCRYPT_COST_MIN = 4;
/** Some two seconds a password. */
const BCRYPT_COST_MAX = 15;
/** OWASP Password Storage Cheat Sheet: 10 at least for bcrypt; 2^16 with 8, or more, for scrypt. */
const BCRYPT_COST_GOOD = 10;
const SCRYPT_COST_GOOD = 15;
const SCRYPT_MEMORY_BYTES_MAX = 256 * 1024 * 1024;
const SCRYPT_PARALLELIZATION_MAX = 16;
/** Older kinds, by what they begin with: all so quick that a stolen file is as good as a list of passwords. */
const WEAK: readonly (readonly [form: RegExp, name: string])[] = [
  [/^\$apr1\$|^\$1\$/, 'MD5'],
  [/^\{SSHA\}|^\{SHA\}|^\{SHA256\}/i, 'SHA'],
  [/^\$[56]\$|^[./A-Za-z0-9]{13}$/, 'crypt'],
  [/^\$2x?\$/, 'the broken first bcrypt'],
];

export const HASH_ADVICE = '`sluice password` makes a good one, and so does `htpasswd -nB -C 12 NAME`';

/**
 * Reads bcrypt as in htpasswd files (`$2a$`, `$2b$`, `$2y$`), or scrypt in the PHC string format.
 * @throws RangeError with a sentence that does not repeat the text: it may be the password.
 */
export function parsePasswordHash(text: string): PasswordHash {
  const bcrypt = BCRYPT.exec(text);
  if (bcrypt !== null) return bcryptHash(text, Number(bcrypt[1]));
  const scrypt = SCRYPT.exec(text);
  if (scrypt !== null) return scryptHash(text, scrypt);
  const weak = WEAK.find(([form]) => form.test(text))?.[1];
  if (weak !== undefined) throw new RangeError(`this password is kept as ${weak}, which is too quick to guess; bcrypt and scrypt are taken: ${HASH_ADVICE}`);
  throw new RangeError(`this is neither a bcrypt nor a scrypt hash, and plain passwords are not taken: ${HASH_ADVICE}`);
}

/** @throws RangeError as {@link parsePasswordHash} does. */
export function checkPasswordHash(text: string): void {
  parsePasswordHash(text);
}

/** It works, but whoever steals the hash tries passwords quickly. */
export function isQuicklyGuessed({ kind, cost }: PasswordHash): boolean {
  return cost < (kind === 'bcrypt' ? BCRYPT_COST_GOOD : SCRYPT_COST_GOOD);
}

function bcryptHash(text: string, cost: number): BcryptHash {
  if (cost >= BCRYPT_COST_MIN && cost <= BCRYPT_COST_MAX) return { kind: 'bcrypt', text, cost };
  throw new RangeError(`the cost of this bcrypt hash is not from ${BCRYPT_COST_MIN} to ${BCRYPT_COST_MAX}; more would keep the gateway busy for seconds`);
}

function scryptHash(text: string, [, ln, r, p, salt = '', key = '']: RegExpExecArray): ScryptHash {
  const [cost, blockSize, parallelization] = [Number(ln), Number(r), Number(p)];
  const bytes = 128 * blockSize * 2 ** cost;
  if (cost < 1 || blockSize < 1 || parallelization < 1) throw new RangeError('this scrypt hash has parameters that are not possible');
  if (bytes > SCRYPT_MEMORY_BYTES_MAX || parallelization > SCRYPT_PARALLELIZATION_MAX) throw new RangeError('this scrypt hash takes more than 256 MB of memory, or more than 16 turns, for one password');
  return { kind: 'scrypt', text, cost, blockSize, parallelization, salt, key };
}
