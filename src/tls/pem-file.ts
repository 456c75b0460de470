import { readFile, stat } from 'node:fs/promises';
import { systemErrorCode } from '../lib/atomic-file.ts';
import { certificateError } from './certificate-error.ts';

/** A long chain has some 10 KB; whatever is larger than this is not a certificate or a key. */
const PEM_BYTES_MAX = 1_048_576;

/** Any right of everybody, or of the group to write. That a group may read is how Debian and Kubernetes share keys. */
const EXPOSED_MODE_BITS = 0o027;

const PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist; check the path.',
  EACCES: 'may not be read by this user; change its owner or its mode.',
  EPERM: 'may not be read by this user; change its owner or its mode.',
  ENOTDIR: 'cannot be there, because a part of the path is not a directory.',
};

export interface PemFile {
  readonly file: string;
  readonly text: string;
  /** More users than the owner and its group have rights on it. Always false on Windows, which has no such bits. */
  readonly isExposed: boolean;
}

/** Reads a PEM file of at most 1 MiB. @throws CertificateError, in words, if that is not possible. */
export async function readPemFile(file: string): Promise<PemFile> {
  const pem = await readPemFileIfAny(file);
  if (pem === null) throw certificateError(file, PROBLEMS['ENOENT'] ?? '');
  return pem;
}

/** The same, with null where nothing is there. */
export async function readPemFileIfAny(file: string): Promise<PemFile | null> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) throw certificateError(file, 'is not a file.');
    if (stats.size > PEM_BYTES_MAX) throw certificateError(file, 'is larger than 1 MiB and so not a PEM file.');
    const isExposed = process.platform !== 'win32' && (stats.mode & EXPOSED_MODE_BITS) !== 0;
    return { file, text: await readFile(file, 'utf8'), isExposed };
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return null;
    if (code === '') throw error;
    throw certificateError(file, PROBLEMS[code] ?? `cannot be read (${code}).`, error);
  }
}
