import { readdir, rename, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import type { RotateConfig } from '../config/access-log-config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from './logger.ts';

/** A burst that fills a disk in less is nothing that a look could prevent. */
const LOOK_MS = 500;
/** After a file was put aside, workers write into it for some time still, so its size is not known at once. */
const RECOUNTS = 4;
const MS_PER_MINUTE = 60_000;

interface LogRotationOptions {
  /** Absolute. */
  readonly file: string;
  readonly rotate: RotateConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The file has another name, or none: whoever writes it is to open it again. */
  readonly onMoved: () => void;
}

interface OldFile {
  readonly file: string;
  readonly bytes: number;
}

/**
 * Puts a log file aside when it is large or old enough, and keeps so many and so much. One thread does it; those that write go
 * on into the renamed file until they have heard of it, so that no line is lost.
 */
export class LogRotation {
  readonly #options: LogRotationOptions;
  readonly #stem: string;
  readonly #ending: string;
  readonly #stop: () => void;
  #isLooking = false;
  /** Of the first lines of the file that is written; NaN: not known yet. */
  #period = Number.NaN;
  #old: readonly OldFile[] = [];
  #recounts = 1;
  #hasFailed = false;

  constructor(options: LogRotationOptions) {
    this.#options = options;
    const { ext, name } = path.parse(options.file);
    this.#stem = `${name}-`;
    this.#ending = ext;
    this.#stop = options.clock.every(LOOK_MS, () => void this.look());
  }

  close(): void {
    this.#stop();
  }

  /** Never throws: what cannot be done is logged, and tried again. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      await this.#look();
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) this.#options.logger.error('a log file cannot be put aside, and grows', { file: this.#options.file, error });
      this.#hasFailed = true;
    } finally {
      this.#isLooking = false;
    }
  }

  async #look(): Promise<void> {
    const { file, rotate, clock, onMoved } = this.#options;
    const stats = await stat(file).catch(absent);
    // Somebody has removed it: what is written now would be seen by nobody.
    if (stats === null) onMoved();
    let bytes = stats?.size ?? 0;
    const period = this.#periodOf(clock.now());
    if (bytes === 0) this.#period = period;
    else if (Number.isNaN(this.#period)) this.#period = this.#periodOf(stats?.mtimeMs ?? clock.now());
    if (bytes > 0 && (bytes >= rotate.sizeBytes || period > this.#period)) {
      await this.#putAside();
      this.#period = period;
      this.#recounts = RECOUNTS;
      bytes = 0;
    }
    await this.#prune(bytes);
  }

  async #putAside(): Promise<void> {
    const { file, clock, onMoved } = this.#options;
    await rename(file, await this.#freeName(clock.now()));
    onMoved();
  }

  /** A clock that was set back must not write over what is there. */
  async #freeName(epochMs: number): Promise<string> {
    const name = this.#oldName(epochMs);
    return (await stat(name).catch(absent)) === null ? name : this.#freeName(epochMs + 1);
  }

  /** The oldest go first, until number and size are within their bounds. */
  async #prune(currentBytes: number): Promise<void> {
    const { keep, totalBytes } = this.#options.rotate;
    if (this.#recounts > 0) {
      this.#recounts -= 1;
      this.#old = await this.#list();
    }
    let total = this.#old.reduce((sum, { bytes }) => sum + bytes, currentBytes);
    let gone = 0;
    for (const { bytes } of this.#old) {
      if (this.#old.length - gone <= keep && total <= totalBytes) break;
      total -= bytes;
      gone += 1;
    }
    if (gone === 0) return;
    const surplus = this.#old.slice(0, gone);
    this.#old = this.#old.slice(gone);
    await Promise.all(surplus.map(async (old) => unlink(old.file).catch(absent)));
  }

  /** Oldest first: their names begin with the time. */
  async #list(): Promise<OldFile[]> {
    const folder = path.dirname(this.#options.file);
    const names = (await readdir(folder)).filter((name) => this.#isOld(name)).toSorted();
    const found = await Promise.all(names.map(async (name) => {
      const file = path.join(folder, name);
      const stats = await stat(file).catch(absent);
      return stats === null ? [] : [{ file, bytes: stats.size }];
    }));
    return found.flat();
  }

  #isOld(name: string): boolean {
    return name.startsWith(this.#stem) && name.endsWith(this.#ending)
      && /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}$/.test(name.slice(this.#stem.length, name.length - this.#ending.length));
  }

  #oldName(epochMs: number): string {
    const time = new Date(epochMs).toISOString().slice(0, -1).replaceAll(':', '-');
    return path.join(path.dirname(this.#options.file), `${this.#stem}${time}${this.#ending}`);
  }

  /** Number of the period that a moment is in, as local clocks have it: a day begins at midnight. */
  #periodOf(epochMs: number): number {
    const { everyMs } = this.#options.rotate;
    if (everyMs === 0) return 0;
    return Math.floor((epochMs - new Date(epochMs).getTimezoneOffset() * MS_PER_MINUTE) / everyMs);
  }
}

/** Where a file is not there, that is an answer; anything else is for whoever asked. */
function absent(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
