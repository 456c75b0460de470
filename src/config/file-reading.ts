import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { type ReadFile, readBounded, readFault } from './read-file.ts';

/** What was found in each file and directory that a configuration is read from, by absolute path: a hash, or why there is none. */
export type FoundFiles = ReadonlyMap<string, string>;

/** Whether a file of a directory is part of its configuration. */
export function isConfigName(name: string): boolean {
  return /\.ya?ml$/.test(name) && !name.startsWith('.');
}

/** Reads files and remembers what it found, so that somebody can tell later whether reading again would find something else. */
export class FileReading {
  /** Throws as `fs.readFileSync` does. */
  readonly read: ReadFile;
  readonly #found = new Map<string, string>();
  readonly #live = new Set<string>();

  /** @param readFile default: the file system, without devices and enormous files. */
  constructor(readFile: ReadFile = readBounded) {
    this.read = (file, isLive = false) => {
      const name = path.resolve(file);
      if (isLive && !this.#found.has(name)) this.#live.add(name);
      if (!isLive) this.#live.delete(name);
      try {
        const bytes = readFile(file);
        this.#found.set(name, hashOf(bytes));
        return bytes;
      } catch (error) {
        this.#found.set(name, readFault(error));
        throw error;
      }
    };
  }

  /** Everything: what a configuration that was refused waits for. */
  get found(): FoundFiles {
    return this.#found;
  }

  /** Without what is watched by those who use it as soon as the configuration is in force, such as certificates. */
  get foundOnce(): FoundFiles {
    return new Map([...this.#found].filter(([file]) => !this.#live.has(file)));
  }

  /** Names of the YAML files of a directory, in their order; null where it is a file. @throws as `fs.statSync` does. */
  list(folder: string): string[] | null {
    try {
      if (!statSync(folder).isDirectory()) return null;
      const names = readdirSync(folder).filter((name) => isConfigName(name)).toSorted();
      this.#found.set(path.resolve(folder), hashOf(names.join('\n')));
      return names;
    } catch (error) {
      this.#found.set(path.resolve(folder), readFault(error));
      throw error;
    }
  }
}

/** Those of the files in which something else would be found now. */
export function changedFiles(found: FoundFiles): string[] {
  return [...found].filter(([file, before]) => findNow(file) !== before).map(([file]) => file);
}

function findNow(file: string): string {
  const reading = new FileReading();
  try {
    if (reading.list(file) === null) reading.read(file);
  } catch {
    // Why is what was found.
  }
  return reading.found.get(file) ?? '';
}

function hashOf(content: Uint8Array | string): string {
  return createHash('sha256').update(content).digest('base64');
}
