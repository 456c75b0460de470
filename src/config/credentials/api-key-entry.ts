import { parseRate, type Rate } from '../../lib/rate.ts';

/** One API key as it is written down: never the key itself. Plain data. */
export interface ApiKeyEntry {
  readonly name: string;
  /** SHA-256 of the key: 64 hexadecimal digits in lower case. */
  readonly hash: string;
  readonly roles: readonly string[];
  /** Epoch milliseconds from which on it is not valid any more; null: it does not expire. */
  readonly expiresMs: number | null;
  /** Limits of its own, which take the place of those of the route. */
  readonly limits: readonly Rate[] | null;
}

/** A key as the configuration, or a file of keys, writes it. */
interface KeyFields {
  readonly name?: string;
  readonly hash?: string;
  readonly roles?: string | readonly string[];
  readonly expires?: string;
  readonly limit?: string | readonly string[];
}

/** As many as can be counted together. */
const LIMITS_MAX = 6;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.@:/+-]{0,99}$/;
const HASH = /^sha256:([0-9a-fA-F]{64})$/;
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}Z)?$/;

/** @throws RangeError that does not repeat the text: it is likely to be the key. */
export function checkKeyHash(text: string): void {
  if (HASH.test(text)) return;
  throw new RangeError('this is not the hash of a key (`sha256:` and 64 hexadecimal digits). If it is the key itself, `sluice key hash` makes its hash');
}

/** @throws RangeError where the text is no name that a log and a line can hold. */
export function checkKeyName(text: string): void {
  if (!NAME.test(text)) throw new RangeError('the name of a key has 1 to 100 letters, digits and `_ . @ : / + -`, and begins with a letter or a digit');
}

/** @throws RangeError where there is no such day. */
export function checkExpiry(text: string): void {
  parseExpiry(text);
}

/** @returns epoch milliseconds; a date is the beginning of that day in UTC. @throws RangeError */
function parseExpiry(text: string): number {
  const ms = DATE.test(text) ? Date.parse(text) : Number.NaN;
  // There is no 30th of February, though the parser knows which day it would be.
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(text.slice(0, 10))) throw new RangeError('this is not a date such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z');
  return ms;
}

/** @throws RangeError with a sentence that does not repeat the hash. */
export function keyEntryOf({ name, hash, roles, expires, limit }: KeyFields): ApiKeyEntry {
  if (name === undefined) throw new RangeError('a key needs a `name`');
  checkKeyName(name);
  if (hash === undefined) throw new RangeError('a key needs a `hash`');
  checkKeyHash(hash);
  const limits = limit === undefined ? null : [limit].flat().map((text) => parseRate(text));
  if (limits !== null && limits.length > LIMITS_MAX) throw new RangeError(`a key has at most ${LIMITS_MAX} limits`);
  return {
    name,
    hash: hash.slice('sha256:'.length).toLowerCase(),
    roles: [roles ?? []].flat(),
    expiresMs: expires === undefined ? null : parseExpiry(expires),
    limits,
  };
}

/** What may stand behind name and hash, each once. */
const SETTINGS = new Set(['roles', 'expires', 'limit']);

/**
 * Reads `NAME sha256:HEX roles=a,b expires=2027-01-31 limit=100/min`, of which only name and hash must be there.
 * @throws RangeError with a sentence that repeats nothing but the names of options.
 */
export function parseKeyLine(line: string): ApiKeyEntry {
  const [name = '', hash = '', ...settings] = line.trim().split(/\s+/);
  checkKeyName(name);
  checkKeyHash(hash);
  const given = new Map<string, string[]>();
  for (const setting of settings) {
    const [key = '', ...values] = setting.split('=');
    const value = values.join('=');
    if (!SETTINGS.has(key) || value === '') throw new RangeError('behind name and hash stand only `roles=…`, `expires=…` and `limit=…`, without spaces in them');
    if (given.has(key)) throw new RangeError(`\`${key}\` is given twice`);
    given.set(key, value.split(',').filter((item) => item !== ''));
  }
  const roles = given.get('roles');
  const limit = given.get('limit');
  const expires = given.get('expires')?.join(',');
  return keyEntryOf({ name, hash, ...(roles === undefined ? {} : { roles }), ...(limit === undefined ? {} : { limit }), ...(expires === undefined ? {} : { expires }) });
}

/** @throws RangeError as {@link parseKeyLine} does. */
export function checkKeyLine(text: string): void {
  parseKeyLine(text);
}

/** The same key twice would have two names, of which one would count. @throws RangeError */
export function checkKeysDiffer(entries: readonly ApiKeyEntry[]): void {
  const names = new Map<string, string>();
  for (const { name, hash } of entries) {
    const before = names.get(hash);
    if (before !== undefined) throw new RangeError(`the keys \`${before}\` and \`${name}\` are the same key`);
    names.set(hash, name);
  }
}

