import { readFile, stat } from 'node:fs/promises';
import type { Clock } from './clock.ts';
import { fileState } from './file-state.ts';
import { OneAtATime } from './one-at-a-time.ts';

const LOOK_MS = 500;
const FILE_BYTES_MAX = 4 * 1024 * 1024;

/** What becomes of a file that is watched. */
interface FileReport {
  /** A new content is in force. */
  onChange(): void;
  /** What is there now cannot be used, and the content of before stays in force. Told once for each such state. */
  onRefused(reason: unknown): void;
}

interface WatchedFileInit<T> {
  /** Absolute. */
  readonly path: string;
  /** What counts until the file has been read. */
  readonly initial: T;
  /** @throws Error where the text cannot be used. */
  readonly parse: (text: string) => T;
  readonly clock: Clock;
  readonly report: FileReport;
}

/**
 * A file that counts as it is now, without being told. Its times and size are looked at twice a second: unlike a watch of the
 * kernel, that sees a single file mounted into a container, links into other folders, and file systems of the network.
 */
export class WatchedFile<T> {
  #value: T;
  readonly #init: WatchedFileInit<T>;
  /** State of the file when it was last read, be it in vain. */
  #read = '';
  /** A state seen once: whoever writes a file in place is given time to end. */
  #unsettled = '';
  /** The state that was last reported as of no use. */
  #refused = '';
  readonly #looks = new OneAtATime();
  readonly #stop: () => void;
  #isLooking = false;
  #isClosed = false;

  constructor(init: WatchedFileInit<T>) {
    this.#init = init;
    this.#value = init.initial;
    this.#stop = init.clock.every(LOOK_MS, () => this.#lookAgain());
  }

  /** The last content that was good. */
  get value(): T {
    return this.#value;
  }

  /** Reads the file now unless it is as it was. Never rejects. */
  async refresh(): Promise<void> {
    await this.#looks.run(async () => {
      const state = await fileState(this.#init.path);
      if (state !== this.#read) await this.#take(state);
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#stop();
  }

  #lookAgain(): void {
    // A file system that does not answer must not be asked ever more often.
    if (this.#isLooking) return;
    this.#isLooking = true;
    void this.#looks.run(async () => this.#look()).finally(() => {
      this.#isLooking = false;
    });
  }

  async #look(): Promise<void> {
    const state = await fileState(this.#init.path);
    if (state === this.#read) this.#unsettled = '';
    else if (state === this.#unsettled) await this.#take(state);
    else this.#unsettled = state;
  }

  async #take(state: string): Promise<void> {
    this.#read = state;
    this.#unsettled = '';
    const { path, parse, report } = this.#init;
    try {
      const value = parse(await readBounded(path));
      if (this.#isClosed) return;
      this.#value = value;
      report.onChange();
      this.#refused = '';
    } catch (error) {
      // What the system refuses now it may allow in a while, though the file is as it was.
      if (error instanceof Error && 'syscall' in error) this.#read = '';
      if (this.#isClosed || state === this.#refused) return;
      this.#refused = state;
      report.onRefused(error);
    }
  }
}

async function readBounded(path: string): Promise<string> {
  const stats = await stat(path);
  if (!stats.isFile()) throw new Error('it is not a regular file');
  if (stats.size > FILE_BYTES_MAX) throw new Error('it is larger than 4 MB');
  return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
}
