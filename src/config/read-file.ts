import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Report } from './report.ts';
import { Source } from './source.ts';

const FILE_BYTES_MAX = 4 * 1024 * 1024;
const FILES_MAX = 200;

/**
 * Reads a whole file; throws as `fs.readFileSync` does.
 * `isLive`: whoever uses it watches it, so that a change of it is in force without the configuration being read again.
 */
export type ReadFile = (file: string, isLive?: boolean) => Uint8Array;

/** How the files of a configuration are read. */
interface Reader {
  readonly read: ReadFile;
  /** Names of the YAML files of a directory; null where it is a file. Throws as `fs.statSync` does. */
  readonly list: (folder: string) => readonly string[] | null;
}

/** The file, or every `*.yaml` file of the directory in the order of their names. What cannot be read is reported. */
export function readSources(file: string, reader: Reader, report: Report): Source[] {
  const sources: Source[] = [];
  for (const name of yamlFilesOf(file, reader, report)) {
    const text = readText(name, reader.read, report);
    if (text !== null) sources.push(new Source(name, text));
  }
  return sources;
}

function yamlFilesOf(file: string, { list }: Reader, report: Report): string[] {
  let names: readonly string[] | null;
  try {
    names = list(file);
  } catch (error) {
    report.fileError(file, `the file cannot be read: ${readFault(error)}`);
    return [];
  }
  if (names === null) return [file];
  if (names.length === 0) report.fileError(file, 'the directory holds no *.yaml file');
  if (names.length <= FILES_MAX) return names.map((name) => path.join(file, name));
  report.fileError(file, `the directory holds ${names.length} YAML files, more than the ${FILES_MAX} allowed`);
  return [];
}

function readText(file: string, readFile: ReadFile, report: Report): string | null {
  try {
    const bytes = readFile(file);
    if (bytes.byteLength > FILE_BYTES_MAX) {
      report.fileError(file, 'the file is larger than 4 MB', 'A directory of several *.yaml files can be given instead.');
      return null;
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const notText = error instanceof TypeError;
    report.fileError(file, notText ? 'the file is not UTF-8 text' : `the file cannot be read: ${readFault(error)}`);
    return null;
  }
}

/** Refuses before reading what would be refused after it: a device or an enormous file must not fill the memory. */
export function readBounded(file: string): Uint8Array {
  const stats = statSync(file);
  if (stats.isFile() && stats.size <= FILE_BYTES_MAX) return readFileSync(file);
  if (stats.isDirectory()) throw new Error('it is a directory');
  throw new Error(stats.isFile() ? 'it is larger than 4 MB' : 'it is not a regular file');
}

/** Why a file could not be read, in words; without its name, which may come from the environment. */
export function readFault(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission is denied';
  if (code === 'EISDIR') return 'it is a directory';
  if (typeof code === 'string') return `the system says ${code}`;
  return error instanceof Error ? error.message : String(error);
}
