import { createHash, randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { link, mkdir, open, readdir, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { createFile, replaceFile, systemErrorCode } from '../../lib/atomic-file.ts';
import type { Clock } from '../../lib/clock.ts';
import type { TlsLogger } from '../material.ts';
import { StoreError, type StoreServices } from './certificate-store.ts';
import { DamageError, ENTRY_BYTES_MAX } from './stored-entry.ts';

/** Long enough to be read, short enough for any file system with the endings of other files. */
const NAME_LENGTH_MAX = 100;

/** Any right of everybody, or of the group to write, as in pem-file.ts. */
const EXPOSED_MODE_BITS = 0o027;

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space',
  EDQUOT: 'the disk quota is used up; free some space',
  EFBIG: 'it would exceed the largest file this process may write; raise "ulimit -f"',
  EROFS: 'the file system is read-only; mount one that can be written, or name another folder under tls.store',
  EACCES: 'this user may not do that; change the owner or the mode of the folder',
  EPERM: 'this user may not do that; change the owner or the mode of the folder',
  EEXIST: 'a part of the path is not a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EIO: 'the disk reports an error',
  EMFILE: 'too many files are open; raise "ulimit -n"',
  ENFILE: 'too many files are open on this machine',
};

/**
 * One folder of small files, each written whole or not at all, mode 0600 in folders of mode 0700. All errors
 * of the file system become StoreError; a damaged file is moved to `<name>.bad-<time>-<random>` and never again touched.
 */
export class StoreFolder {
  readonly dir: string;
  readonly #clock: Clock;
  readonly #logger: TlsLogger;
  #hasWarnedOfMode = false;

  constructor(dir: string, { clock, logger }: StoreServices) {
    this.dir = dir;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Names of the files with this ending, in order; none where the folder does not exist. */
  async names(ending: string): Promise<string[]> {
    try {
      const names = await readdir(this.dir);
      return names.filter((name) => name.endsWith(ending)).toSorted();
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw storeError(this.dir, 'cannot be read', error);
    }
  }

  /**
   * What `parse` makes of a file; null where there is none. Also null, after a warning, for a file that was set
   * aside: too large, no file, not readable for this user while the folder is, or refused by a DamageError of `parse`.
   */
  async read<T>(name: string, parse: (text: string) => T): Promise<T | null> {
    const file = join(this.dir, name);
    let stats: Stats | null = null;
    try {
      stats = await stat(file);
      if (!stats.isFile()) throw new DamageError('is not a file');
      return parse(await this.#readText(file));
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'ENOENT') return null;
      const isForbidden = code === 'EACCES' || code === 'EPERM';
      const reason = error instanceof DamageError ? error.message : isForbidden ? 'may not be read by this user' : null;
      if (stats === null || reason === null) throw storeError(file, 'cannot be read', error);
      await this.#setAside(file, stats, reason);
      return null;
    }
  }

  /** @throws StoreError; the file is then as it was. */
  async replace(name: string, text: string): Promise<void> {
    await this.#write(name, async (file) => replaceFile(file, text, 0o600));
  }

  /** False: it was there already, and was not touched. */
  async create(name: string, text: string): Promise<boolean> {
    return this.#write(name, async (file) => createFile(file, text, 0o600));
  }

  async remove(name: string): Promise<void> {
    const file = join(this.dir, name);
    try {
      await unlink(file);
    } catch (error) {
      if (systemErrorCode(error) !== 'ENOENT') throw storeError(file, 'cannot be removed', error);
    }
  }

  /** Makes the folder, so that it can be watched. */
  async make(): Promise<void> {
    try {
      await mkdir(this.dir, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw storeError(this.dir, 'cannot be made', error);
    }
  }

  async #write<T>(name: string, write: (file: string) => Promise<T>): Promise<T> {
    await this.make();
    const file = join(this.dir, name);
    try {
      return await write(file);
    } catch (error) {
      throw storeError(file, 'cannot be written', error);
    }
  }

  async #readText(file: string): Promise<string> {
    // Not blocking, because something else may be there by now, and opening a pipe would wait for its writer for ever.
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const stats = await handle.stat();
      if (stats.size > ENTRY_BYTES_MAX) throw new DamageError('is larger than 1 MiB');
      if (process.platform !== 'win32' && (stats.mode & EXPOSED_MODE_BITS) !== 0) await this.#tighten(handle, file);
      return await handle.readFile('utf8');
    } finally {
      await handle.close();
    }
  }

  /** What it holds still works, and ordering anew would not make a key unread that others have read. */
  async #tighten(handle: FileHandle, file: string): Promise<void> {
    try {
      await handle.chmod(0o600);
      this.#logger.warn('a file of the certificate store could be read by other users; its mode is 0600 now', { file });
    } catch {
      if (this.#hasWarnedOfMode) return;
      this.#hasWarnedOfMode = true;
      this.#logger.warn('a file of the certificate store can be read by other users; chmod 600 would prevent that', { file });
    }
  }

  async #setAside(file: string, seen: Stats, reason: string): Promise<void> {
    const time = new Date(this.#clock.now()).toISOString().replaceAll(/[-:]|\..*/g, '');
    const keptAs = `${file}.bad-${time}-${randomBytes(4).toString('hex')}`;
    try {
      await rename(file, keptAs);
      const moved = await stat(keptAs);
      if (moved.ino !== seen.ino || moved.mtimeMs !== seen.mtimeMs) return await putBack(keptAs, file);
    } catch (error) {
      // Another gateway saw the same damage and was faster.
      if (systemErrorCode(error) === 'ENOENT') return;
      throw storeError(file, `${reason}, and cannot be set aside`, error);
    }
    this.#logger.warn('a file of the certificate store is damaged; it was set aside', { file, reason, keptAs });
  }
}

/**
 * A file name for any text, the same on every machine: readable, and with a hash where it had to be changed or
 * cut, so that no two texts share one.
 */
export function entryFileName(text: string): string {
  const safe = text.replaceAll(/[^a-z0-9.-]/g, '_').slice(0, NAME_LENGTH_MAX);
  return safe === text && safe !== '' ? safe : `${safe}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** Between reading and moving, another gateway put a new one in the place of the damaged file: that one was moved. */
async function putBack(keptAs: string, file: string): Promise<void> {
  await link(keptAs, file).catch((error: unknown) => {
    if (systemErrorCode(error) !== 'EEXIST') throw error;
  });
  await unlink(keptAs);
}

function storeError(file: string, what: string, error: unknown): unknown {
  const code = systemErrorCode(error);
  return code === '' ? error : new StoreError(`${file} ${what}: ${PROBLEMS[code] ?? code}.`, { cause: error });
}
