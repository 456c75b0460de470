import { randomBytes } from 'node:crypto';
import { link, open, rename, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Puts `data` in the place of `file`: a reader sees the old content or the new one, whole, also after
 * a power cut. The file has `mode` (less the umask) from its first moment. A symbolic link at `file`
 * is replaced, not followed.
 *
 * @throws the error of the file system; `file` is then as it was.
 */
export async function replaceFile(file: string, data: string, mode: number): Promise<void> {
  await publish(file, data, mode, rename);
}

/**
 * Puts `data` at `file` unless something is there already, whole or not at all. Of several processes
 * that try at once exactly one gets `true`. Needs a file system with hard links.
 *
 * @returns false if `file` existed; it was not touched then.
 * @throws the error of the file system.
 */
export async function createFile(file: string, data: string, mode: number): Promise<boolean> {
  try {
    await publish(file, data, mode, async (temporary) => {
      await link(temporary, file);
      await unlink(temporary);
    });
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** The code of a failed system call (`ENOENT`), or '' for any other error. */
export function systemErrorCode(error: unknown): string {
  const isSystemError = error instanceof Error && 'syscall' in error && 'code' in error;
  return isSystemError && typeof error.code === 'string' ? error.code : '';
}

type Move = (temporary: string, file: string) => Promise<void>;

/** Writes beside `file`, because a rename or link is atomic only within one file system. */
async function publish(file: string, data: string, mode: number, move: Move): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeDurably(temporary, data, mode);
    await move(temporary, file);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncDirectory(dirname(file));
}

async function writeDurably(file: string, data: string, mode: number): Promise<void> {
  const handle = await open(file, 'wx', mode);
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the new name itself durable. Windows cannot open a directory, and needs no such call. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
