import { hash, randomInt } from 'node:crypto';
import { type ApiKeyEntry, keyEntryOf } from '../config/credentials/api-key-entry.ts';
import { systemClock } from '../lib/clock.ts';
import type { CommandOptions } from './command-options.ts';
import { Exit, type Terminal } from './terminal.ts';

/** By which people and scanners of repositories know what they have found. */
const PREFIX = 'slk_';
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 190 bits. */
const KEY_CHARS = 32;
/** Below some 128 bits, a quick hash could be found by trying. */
const KEY_CHARS_MIN = 20;
const DAY_MS = 86_400_000;
const DAYS = /^([1-9][0-9]{0,4})d$/;
const USAGE = 'sluice: write `sluice key new NAME` or `sluice key hash [NAME]`.';

/** `sluice key`: makes an API key, or the hash of one that exists. Writes nothing down. */
export async function key(_file: string, terminal: Terminal, { words: [action, name], roles, expires }: Pick<CommandOptions, 'words' | 'roles' | 'expires'>): Promise<number> {
  if (action !== 'new' && action !== 'hash') return wrong(USAGE, terminal);
  if (action === 'new' && name === undefined) return wrong('sluice: a key needs a name, as in `sluice key new mobile-app`.', terminal);
  const secret = action === 'new' ? randomKey() : await terminal.secret('Key: ');
  if (secret === '') return wrong('sluice: there is no key on standard input.', terminal);
  let entry;
  try {
    entry = entryOf(secret, name ?? 'NAME', roles, expires);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return wrong(`sluice: ${error.message}.`, terminal);
  }
  if (secret.length < KEY_CHARS_MIN) terminal.err(`warning: a key of ${secret.length} characters can be found by trying; \`sluice key new NAME\` makes a good one.`);
  if (action === 'new') terminal.out(`${secret}\n\nThis is the key. It is shown this once; give it to its client. What the gateway needs is one of these:\n`);
  terminal.out(`  in a file of keys:            ${lineOf(entry)}\n  in the configuration, keys:   - ${flowOf(entry)}`);
  return Exit.Ok;
}

function randomKey(): string {
  return PREFIX + Array.from({ length: KEY_CHARS }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** @throws RangeError in words for the user. */
function entryOf(secret: string, name: string, roles: string | null, expires: string | null): ApiKeyEntry {
  const given = roles === null ? [] : roles.split(',');
  if (given.some((role) => !/^[^\s,="'\\]{1,100}$/.test(role))) throw new RangeError('roles are words with commas between them, without spaces');
  const digest = hash('sha256', Buffer.from(secret), 'hex');
  return keyEntryOf({ name, hash: `sha256:${digest}`, roles: given, ...(expires === null ? {} : { expires: dateOf(expires) }) });
}

/** @throws RangeError where it is over already. */
function dateOf(expires: string): string {
  const days = DAYS.exec(expires)?.[1];
  const nowMs = systemClock.now();
  if (days !== undefined) return new Date(nowMs + Number(days) * DAY_MS).toISOString().slice(0, 10);
  if (Date.parse(expires) <= nowMs) throw new RangeError(`${expires} is over`);
  return expires;
}

function lineOf({ name, hash: digest, roles, expiresMs }: ApiKeyEntry): string {
  const settings = [...(roles.length === 0 ? [] : [`roles=${roles.join(',')}`]), ...(expiresMs === null ? [] : [`expires=${timeOf(expiresMs)}`])];
  return [name, `sha256:${digest}`, ...settings].join(' ');
}

function flowOf({ name, hash: digest, roles, expiresMs }: ApiKeyEntry): string {
  const settings = [...(roles.length === 0 ? [] : [`roles: [${roles.map((role) => JSON.stringify(role)).join(', ')}]`]), ...(expiresMs === null ? [] : [`expires: "${timeOf(expiresMs)}"`])];
  return `{ ${[`name: ${JSON.stringify(name)}`, `hash: "sha256:${digest}"`, ...settings].join(', ')} }`;
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace('T00:00:00.000Z', '').replace('.000Z', 'Z');
}

function wrong(text: string, terminal: Terminal): number {
  terminal.err(text);
  return Exit.Wrong;
}
