import { statSync, type watch } from 'node:fs';
import { changedFiles, type FoundFiles, isConfigName } from '../config/file-reading.ts';
import type { Clock } from '../lib/clock.ts';
import { FileWatch } from '../lib/file-watch.ts';
import type { Logger } from '../observe/logger.ts';

/** A file that was written a moment ago may be half of what it is to become. */
const YOUNG_MS = 200;
/** Files that are always young are waited for so long. */
const WAIT_MS = 1500;

interface ConfigWatchOptions {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** Some file is not what was read. */
  readonly onChange: () => void;
  /** Default: that of Node.js. */
  readonly watchPlace?: typeof watch;
}

/** Tells when another configuration could be read than the one that was read last, whether that is in force or was refused. */
export class ConfigWatch {
  readonly #options: ConfigWatchOptions;
  #found: FoundFiles = new Map();
  #watch: FileWatch | null = null;
  /** When a change was first seen that may not be complete yet; monotonic, null: there is none. */
  #waitsSinceMs: number | null = null;

  constructor(options: ConfigWatchOptions) {
    this.#options = options;
  }

  /** What was read last. */
  get found(): FoundFiles {
    return this.#found;
  }

  /** Contents that differ from what was read last. A file that was only touched is none. */
  get changed(): readonly string[] {
    return changedFiles(this.#found);
  }

  /** Was read just now. @param isOn false: nothing is watched, and nobody told. */
  use(found: FoundFiles, isOn: boolean): void {
    this.#found = found;
    if (!isOn) {
      this.close();
      return;
    }
    this.#watch ??= this.#start();
    this.#watch.use(found.keys());
  }

  close(): void {
    this.#watch?.close();
    this.#watch = null;
  }

  #look(): void {
    const { changed } = this;
    const nowMs = this.#options.clock.monotonicMs();
    if (changed.length > 0 && nowMs - (this.#waitsSinceMs ?? nowMs) < WAIT_MS && this.#isInWork(changed)) {
      this.#waitsSinceMs ??= nowMs;
      this.#watch?.hintAgain();
      return;
    }
    this.#waitsSinceMs = null;
    if (changed.length > 0) this.#options.onChange();
  }

  /** Some writers delete a file before they write it anew, all make it empty first. */
  #isInWork(files: readonly string[]): boolean {
    const youngMs = this.#options.clock.now() - YOUNG_MS;
    return files.some((file) => {
      const changedMs = changedAt(file);
      return changedMs === null ? this.#waitsSinceMs === null : changedMs > youngMs;
    });
  }

  #start(): FileWatch {
    const { clock, logger, watchPlace } = this.#options;
    return new FileWatch({
      clock,
      onHint: () => this.#look(),
      onDeaf: (reason) => {
        if (reason === null) logger.info('all files of the configuration are watched again');
        else logger.warn('not all files of the configuration can be watched; a change may be seen 5 s late', { reason });
      },
      isListed: isConfigName,
      ...(watchPlace === undefined ? {} : { watchPlace }),
    });
  }
}

/** Epoch milliseconds; null where nothing is, or nothing may be seen. */
function changedAt(file: string): number | null {
  try {
    return statSync(file).mtimeMs;
  } catch {
    return null;
  }
}
