import { close, constants, fstat, ftruncate, open, write, writeSync, type Stats } from 'node:fs';
import type { Clock } from '../lib/clock.ts';
import { LastWait } from './last-wait.ts';
import { LineQueue } from './line-queue.ts';
import type { LogOutput, OnProblem } from './log-output.ts';

const LINE_FEED = 0x0a;
const MODE = 0o640;
// Several threads write the file: each write appends as a whole. Non-blocking, because the name may be that of a pipe.
const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK;
/** What the kernel appends without bytes of others in between: to a file anything, to a pipe PIPE_BUF. */
const CHUNK_BYTES = { file: 262_144, other: 4096 };
const FULL_RETRY_MS = 20;
const BROKEN_RETRY_MS = 1000;

interface LogFileOptions {
  readonly file: string;
  readonly bufferBytesMax: number;
  readonly clock: Clock;
  readonly onProblem: OnProblem;
}

/**
 * A file to which lines are appended, by this thread and by others. Nothing waits for the disk: all calls go through the thread
 * pool, one at a time. What cannot be written is kept within the bound and tried again, each second with the file opened anew.
 */
export class LogFile implements LogOutput {
  readonly isTerminal = false;
  readonly hasColour = false;
  readonly #options: LogFileOptions;
  readonly #queue: LineQueue;
  readonly #onExit = (): void => this.flush();
  #fd: number | null = null;
  /** What could not be written, of whole lines. */
  #rest: Buffer | null = null;
  #isBusy = false;
  #isBroken = false;
  #reopens = true;
  #stopRetry: (() => void) | null = null;
  #isPlanned = false;
  #isClosed = false;
  readonly #lastWait = new LastWait();
  #dropped = 0;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#queue = new LineQueue(options.bufferBytesMax, CHUNK_BYTES.other);
    process.on('exit', this.#onExit);
    this.#pump();
  }

  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): boolean {
    if (this.#isClosed || !this.#queue.push(line)) {
      this.#dropped += 1;
      return false;
    }
    if (!this.#isPlanned && !this.#isBusy && this.#stopRetry === null) {
      this.#isPlanned = true;
      // One write at the end of the turn carries the lines of all requests that ended in it.
      setImmediate(this.#onTurnEnd);
    }
    return true;
  }

  reopen(): void {
    this.#reopens = true;
    this.#pump();
  }

  /** For the end of a thread: writes what it can, at once. */
  flush(): void {
    for (let chunk = this.#next(); chunk !== null; chunk = this.#next()) {
      const written = this.#writeNow(chunk);
      if (written === chunk.length) continue;
      this.#dropped += linesIn(chunk.subarray(written)) + this.#queue.clear();
    }
  }

  async end(): Promise<void> {
    await this.#lastWait.begin(this.#options.clock, () => {
      // Also where the next try would have been later.
      this.#stopRetry?.();
      this.#stopRetry = null;
      this.#pump();
      this.#tellRest();
    });
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopRetry?.();
    process.off('exit', this.#onExit);
    // A write in the pool still uses the descriptor; it closes it then.
    if (this.#isBusy) return;
    this.flush();
    this.#letGo();
  }

  readonly #onTurnEnd = (): void => {
    this.#isPlanned = false;
    this.#pump();
  };

  #pump(): void {
    if (this.#isBusy) return;
    if (this.#isClosed) {
      this.flush();
      this.#letGo();
      return;
    }
    if (this.#reopens) return this.#open();
    const chunk = this.#fd === null ? null : this.#next();
    if (chunk !== null && this.#fd !== null) this.#write(this.#fd, chunk);
  }

  #open(): void {
    this.#isBusy = true;
    this.#reopens = false;
    open(this.#options.file, FLAGS, MODE, (error, fd) => {
      if (error !== null) return this.#onFault(error);
      fstat(fd, (_error, stats: Stats | undefined) => {
        this.#letGo();
        this.#fd = fd;
        this.#queue.chunkBytesMax = stats?.isFile() === true ? CHUNK_BYTES.file : CHUNK_BYTES.other;
        this.#onDone();
      });
    });
  }

  #write(fd: number, chunk: Buffer): void {
    this.#isBusy = true;
    write(fd, chunk, (error, written) => {
      if (error !== null) {
        this.#rest = chunk;
        return this.#onFault(error);
      }
      if (written === chunk.length) {
        if (this.#isBroken) this.#options.onProblem(null);
        this.#isBroken = false;
        return this.#onDone();
      }
      this.#mend(fd, chunk, written);
    });
  }

  /**
   * The disk was full within a line. Its beginning is taken back, so that the line can be written whole later and no line of
   * another thread comes behind a half one. Nobody else appends in between: there is no room.
   */
  #mend(fd: number, chunk: Buffer, written: number): void {
    const whole = chunk.lastIndexOf(LINE_FEED, written - 1) + 1;
    this.#rest = chunk.subarray(whole);
    // Tried again later, not at once: there would be room for the same half line.
    const pause = (): void => this.#onFault({ code: 'ENOSPC', message: 'no space' });
    if (whole === written) return pause();
    fstat(fd, (error, stats: Stats | undefined) => {
      if (error !== null || stats?.isFile() !== true) return pause();
      ftruncate(fd, Math.max(0, stats.size - (written - whole)), pause);
    });
  }

  #onDone(): void {
    this.#isBusy = false;
    this.#pump();
    this.#tellRest();
  }

  #tellRest(): void {
    const isEmpty = this.#rest === null && this.#queue.isEmpty;
    if (!this.#isBusy && (this.#isBroken || isEmpty)) this.#lastWait.over();
  }

  #onFault(error: Pick<NodeJS.ErrnoException, 'code' | 'message'>): void {
    this.#isBusy = false;
    if (this.#isClosed) return this.#pump();
    const isSlow = error.code === 'EAGAIN';
    if (!isSlow) {
      // A volume that went away may be back under the same name.
      this.#reopens = true;
      if (!this.#isBroken) this.#options.onProblem(error.code ?? error.message);
      this.#isBroken = true;
    }
    this.#stopRetry?.();
    this.#stopRetry = this.#options.clock.every(isSlow ? FULL_RETRY_MS : BROKEN_RETRY_MS, () => {
      this.#stopRetry?.();
      this.#stopRetry = null;
      this.#pump();
    });
    this.#tellRest();
  }

  #writeNow(chunk: Buffer): number {
    if (this.#fd === null) return 0;
    try {
      return writeSync(this.#fd, chunk);
    } catch {
      // It is the end: what does not go now is lost, and counted.
      return 0;
    }
  }

  #next(): Buffer | null {
    const rest = this.#rest;
    this.#rest = null;
    return rest ?? this.#queue.shift();
  }

  #letGo(): void {
    if (this.#fd !== null) close(this.#fd, () => undefined);
    this.#fd = null;
  }
}

function linesIn(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_FEED); at !== -1; at = bytes.indexOf(LINE_FEED, at + 1)) lines += 1;
  return lines;
}
