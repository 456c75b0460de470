import { statSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';

/** Folders and files watched at once; each takes some of what the system has for all its users. */
const WATCHES_MAX = 1024;

/** Whether a change of this name in a place matters. */
export type IsWanted = (name: string) => boolean;

interface PlaceWatchesOptions {
  readonly onHint: () => void;
  /** Not all can be watched, and why; null: all are again. Told when it changes. */
  readonly onDeaf: (reason: string | null) => void;
  /** Default: that of Node.js. */
  readonly watchPlace?: typeof watch;
}

interface PlaceWatch {
  readonly watcher: FSWatcher;
  /** Of the folder that is watched, which may have been replaced by one of the same name. */
  readonly identity: string;
  isWanted: IsWanted;
}

/** What the kernel tells of changes in some folders and files. */
export class PlaceWatches {
  readonly #options: PlaceWatchesOptions;
  readonly #watches = new Map<string, PlaceWatch>();
  #deafness: string | null = null;

  constructor(options: PlaceWatchesOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#watches.size;
  }

  /** Watches these from now on, and no others. A place that is no longer what it was is watched anew. */
  use(wanted: ReadonlyMap<string, IsWanted>): void {
    for (const [place, { watcher, identity }] of this.#watches) {
      if (wanted.has(place) && identityOf(place) === identity) continue;
      watcher.close();
      this.#watches.delete(place);
    }
    let deafness: string | null = null;
    for (const [place, isWanted] of wanted) {
      const known = this.#watches.get(place);
      if (known === undefined) deafness ??= this.#add(place, isWanted);
      else known.isWanted = isWanted;
    }
    this.#tellDeaf(deafness);
  }

  close(): void {
    for (const { watcher } of this.#watches.values()) watcher.close();
    this.#watches.clear();
  }

  /** @returns why it cannot be watched though it is there. */
  #add(place: string, isWanted: IsWanted): string | null {
    if (this.#watches.size >= WATCHES_MAX) return `more than ${WATCHES_MAX} places`;
    const identity = identityOf(place);
    if (identity === null) return null;
    try {
      const watcher = (this.#options.watchPlace ?? watch)(place, { persistent: false }, (_kind, name) => this.#onEvent(place, name));
      watcher.on('error', () => this.#lose(place, watcher));
      this.#watches.set(place, { watcher, identity, isWanted });
      return null;
    } catch (error) {
      return identityOf(place) === null ? null : reasonOf(error);
    }
  }

  #onEvent(place: string, name: string | null): void {
    // What happens to the place itself is told under its own name.
    if (name === null || name === path.basename(place) || this.#watches.get(place)?.isWanted(name) === true) this.#options.onHint();
  }

  #lose(place: string, watcher: FSWatcher): void {
    watcher.close();
    if (this.#watches.get(place)?.watcher === watcher) this.#watches.delete(place);
    this.#options.onHint();
  }

  #tellDeaf(deafness: string | null): void {
    if (deafness === this.#deafness) return;
    this.#deafness = deafness;
    this.#options.onDeaf(deafness);
  }
}

/** Null: there is nothing, or nothing may be seen. */
function identityOf(place: string): string | null {
  try {
    const { dev, ino } = statSync(place, { bigint: true });
    return `${dev} ${ino}`;
  } catch {
    return null;
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOSPC') return 'fs.inotify.max_user_watches of the system is reached';
  if (code === 'EMFILE') return 'fs.inotify.max_user_instances of the system, or the limit of open files, is reached';
  return error instanceof Error ? error.message : String(error);
}
