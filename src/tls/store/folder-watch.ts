import { watch, type FSWatcher } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { StoreServices } from './certificate-store.ts';
import { ChangeSignal } from './change-signal.ts';

/** For file systems that tell nobody, such as NFS and some mounts of Docker Desktop. */
const POLL_MS = 30_000;

/**
 * Tells when files come, go or change in one of some folders, which need not exist yet. The kernel's word is
 * taken where it gives one; every 30 seconds the folders' own times are compared.
 *
 * @returns stops.
 */
export function watchFolders(dirs: readonly string[], onChange: () => void, services: StoreServices): () => void {
  const signal = new ChangeSignal(onChange, services);
  const folders = dirs.map((dir) => new WatchedFolder(dir, () => signal.hint()));
  const poll = (): void => folders.forEach((folder) => void folder.look());
  const stopPolling = services.clock.every(POLL_MS, poll);
  poll();
  return () => {
    stopPolling();
    signal.close();
    for (const folder of folders) folder.close();
  };
}

class WatchedFolder {
  readonly #dir: string;
  readonly #hint: () => void;
  #watcher: FSWatcher | null = null;
  #changedMs: number | null = null;
  #isClosed = false;

  constructor(dir: string, hint: () => void) {
    this.#dir = dir;
    this.#hint = hint;
    this.#listen();
  }

  /** Every file here is written by a rename, which changes the time of its folder. */
  async look(): Promise<void> {
    const wasDeaf = this.#watcher === null;
    this.#listen();
    // What came before the watch, between two looks or before the first, is told of by nobody else.
    if (wasDeaf && this.#watcher !== null) this.#hint();
    const changedMs = await stat(this.#dir).then((stats) => stats.mtimeMs, () => 0);
    if (this.#changedMs !== null && changedMs !== this.#changedMs) this.#hint();
    this.#changedMs = changedMs;
  }

  close(): void {
    this.#isClosed = true;
    this.#deafen();
  }

  #listen(): void {
    if (this.#isClosed || this.#watcher !== null) return;
    try {
      this.#watcher = watch(this.#dir, { persistent: false }, (kind, name) => this.#onEvent(kind, name));
      this.#watcher.on('error', () => this.#deafen());
    } catch {
      // No such folder yet, or no more watches to be had: the next look tries again, and compares times until then.
    }
  }

  #onEvent(kind: string, name: string | null): void {
    // A folder that was itself moved or removed is told of under its own name, and its watch is deaf from then on.
    if (kind === 'rename' && name !== null && this.#dir.endsWith(name)) this.#deafen();
    this.#hint();
  }

  #deafen(): void {
    this.#watcher?.close();
    this.#watcher = null;
  }
}
