import type { watch } from 'node:fs';
import type { Clock } from './clock.ts';
import { fileState } from './file-state.ts';
import { pathPlaces } from './path-places.ts';
import { type IsWanted, PlaceWatches } from './place-watches.ts';
import { QuietSignal } from './quiet-signal.ts';

/** Editors write a file in several steps, and tools several files. */
const TIMES = { quietMs: 250, longestMs: 2000 };
const LOOK_MS = 5000;

interface FileWatchOptions {
  readonly clock: Clock;
  /** Something may have changed: look whether it has. */
  readonly onHint: () => void;
  /** The kernel does not tell of all changes, and why, so that some are seen 5 s late; null: it does again. */
  readonly onDeaf: (reason: string | null) => void;
  /** Of a name in a watched directory. Default: every name matters. */
  readonly isListed?: IsWanted;
  /** Default: that of Node.js. */
  readonly watchPlace?: typeof watch;
}

/**
 * Tells when files, or names in directories, may have changed, which need not exist. The folders on the way to each file are
 * watched, link by link, and the file itself, which may be mounted alone from another file system. Every 5 s times and sizes
 * are compared as well, for file systems that tell nobody.
 */
export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #places: PlaceWatches;
  readonly #signal: QuietSignal;
  readonly #stopLooking: () => void;
  #files: readonly string[] = [];
  /** As they were at the last look, by file. */
  #states: ReadonlyMap<string, string> = new Map();
  #isLooking = false;
  #isClosed = false;

  constructor(options: FileWatchOptions) {
    const { clock, onDeaf, watchPlace } = options;
    this.#options = options;
    this.#signal = new QuietSignal(clock, TIMES, () => this.#tell());
    this.#places = new PlaceWatches({ onHint: () => this.#signal.hint(), onDeaf, ...(watchPlace === undefined ? {} : { watchPlace }) });
    this.#stopLooking = clock.every(LOOK_MS, () => void this.#look());
  }

  /** These from now on, by absolute path. A hint follows, for what has changed since the files were read. */
  use(files: Iterable<string>): void {
    if (this.#isClosed) return;
    this.#files = [...files];
    this.#arrange();
    this.#signal.hint();
  }

  /** Another hint, when it has been quiet for a while. */
  hintAgain(): void {
    this.#signal.hint();
  }

  close(): void {
    this.#isClosed = true;
    this.#stopLooking();
    this.#signal.close();
    this.#places.close();
  }

  #tell(): void {
    this.#arrange();
    this.#options.onHint();
  }

  /** Folders come first: where there are too many places, they tell more than the files. */
  #arrange(): void {
    const { isListed = () => true } = this.#options;
    const folders = new Map<string, Set<string>>();
    const ends = new Set<string>();
    for (const file of this.#files) {
      const { places, end } = pathPlaces(file);
      for (const { folder, name } of places) folders.set(folder, (folders.get(folder) ?? new Set()).add(name));
      if (end !== null) ends.add(end);
    }
    const wanted = new Map<string, IsWanted>([...folders].map(([folder, names]) => [folder, (name) => names.has(name)]));
    for (const end of ends) {
      const names = folders.get(end);
      wanted.set(end, (name) => names?.has(name) === true || isListed(name));
    }
    this.#places.use(wanted);
  }

  /** Never rejects. A file system that does not answer is not asked ever more often. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    const states = new Map(await Promise.all(this.#files.map(async (file) => [file, await fileState(file)] as const)));
    this.#isLooking = false;
    if (this.#isClosed) return;
    const before = this.#states;
    this.#states = states;
    this.#arrange();
    // What was never looked at may have changed since it was read.
    if ([...states].some(([file, state]) => before.get(file) !== state)) this.#signal.hint();
  }
}
