import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { Type } from '../../lib/schema-type.ts';
import { fits } from '../../lib/schema-check.ts';
import type { Clock } from '../../lib/clock.ts';
import { LOCK_TTL_MS_MAX, type StoreLock } from './certificate-store.ts';
import { entryFileName, type StoreFolder } from './store-folder.ts';
import { DamageError, parseJson } from './stored-entry.ts';

const LockEntry = Type.Object({ token: Type.String(), expiresAtMs: Type.Number() });

/**
 * Takes the lock of `id`, or null where it is held. Each holder has a numbered file, `<id>.<number>.lock`, made
 * exclusively; the highest one counts, and one that is over is followed by the next number, never replaced. So
 * two that find the same dead lock cannot both take it, and nobody can remove a lock that has just been made.
 *
 * Whether a holder lives is not asked of its process: containers share host names, and all are process 1. The
 * clocks of machines that share the folder must agree to within the time of a lock.
 */
export async function takeFileLock(folder: StoreFolder, id: string, ttlMs: number, clock: Clock): Promise<StoreLock | null> {
  const label = entryFileName(id);
  const before = await lockNumbers(folder, label);
  const latest = before.at(-1) ?? 0;
  if (await isHeld(folder, label, latest, clock)) return null;

  const lock = new FileLock(folder, label, latest + 1, clock);
  if (!(await lock.create(ttlMs))) return null;
  // The former holder may have extended its lock meanwhile, and looks for ours: both look after they have written, so one sees the other.
  const after = await lockNumbers(folder, label);
  if (after.at(-1) !== latest + 1 || (await isHeld(folder, label, latest, clock))) {
    await lock.release();
    return null;
  }
  await Promise.all(after.slice(0, -1).map(async (number) => folder.remove(lockName(label, number))));
  return lock;
}

class FileLock implements StoreLock {
  readonly #folder: StoreFolder;
  readonly #label: string;
  readonly #number: number;
  readonly #clock: Clock;
  readonly #token: string = randomUUID();

  constructor(folder: StoreFolder, label: string, number: number, clock: Clock) {
    this.#folder = folder;
    this.#label = label;
    this.#number = number;
    this.#clock = clock;
  }

  async create(ttlMs: number): Promise<boolean> {
    return this.#folder.create(this.#name, this.#text(ttlMs));
  }

  async extend(ttlMs: number): Promise<boolean> {
    if (!(await this.#isOurs())) return false;
    await this.#folder.replace(this.#name, this.#text(ttlMs));
    const numbers = await lockNumbers(this.#folder, this.#label);
    if (numbers.at(-1) === this.#number) return true;
    await this.release();
    return false;
  }

  async release(): Promise<void> {
    if (await this.#isOurs()) await this.#folder.remove(this.#name);
  }

  get #name(): string {
    return lockName(this.#label, this.#number);
  }

  /** Who and where is for whoever looks into the file. */
  #text(ttlMs: number): string {
    const expiresAtMs = this.#clock.now() + Math.min(ttlMs, LOCK_TTL_MS_MAX);
    const entry = { token: this.#token, host: hostname(), pid: process.pid, expires: new Date(expiresAtMs).toISOString(), expiresAtMs };
    return `${JSON.stringify(entry)}\n`;
  }

  /** A lock that is over belongs to whoever comes next, even where its file is still there. */
  async #isOurs(): Promise<boolean> {
    const entry = await readLock(this.#folder, this.#name);
    return entry !== null && entry.token === this.#token && entry.expiresAtMs > this.#clock.now();
  }
}

/** A lock that would last longer than any may was made by a clock that was wrong: it is over. */
async function isHeld(folder: StoreFolder, label: string, number: number, clock: Clock): Promise<boolean> {
  if (number === 0) return false;
  const entry = await readLock(folder, lockName(label, number));
  if (entry === null) return false;
  const remainingMs = entry.expiresAtMs - clock.now();
  return remainingMs > 0 && remainingMs <= LOCK_TTL_MS_MAX;
}

async function readLock(folder: StoreFolder, name: string): Promise<{ token: string; expiresAtMs: number } | null> {
  return folder.read(name, (text) => {
    const entry = parseJson(text);
    if (!fits(LockEntry, entry)) throw new DamageError('does not have the fields of a lock');
    return entry;
  });
}

/** In rising order. */
async function lockNumbers(folder: StoreFolder, label: string): Promise<number[]> {
  const names = await folder.names('.lock');
  const numbers = names.filter((name) => name.startsWith(`${label}.`)).map((name) => name.slice(label.length + 1, -'.lock'.length));
  return numbers.filter((text) => /^\d{1,15}$/.test(text)).map(Number).toSorted((a, b) => a - b);
}

function lockName(label: string, number: number): string {
  return `${label}.${number}.lock`;
}
