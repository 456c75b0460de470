import { closeSync, write, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { systemClock, type Clock } from '../lib/clock.ts';
import { openDescriptor, type Descriptor } from './descriptor.ts';
import { LineQueue } from './line-queue.ts';

/** Where log lines go. Never throws, never waits for a slow reader, holds a bounded number of bytes. */
export interface LineWriter {
  /** Takes one line with its line feed. False: it was dropped, because the buffer is full. */
  write(line: string): boolean;
  /** Writes what is buffered before it returns; gives up after half a second on a reader that does not read. */
  flush(): void;
  /** Flushes and lets go of what was opened here; the descriptor given stays open. */
  close(): void;
  /** Lines lost since the start. */
  readonly dropped: number;
  readonly isTerminal: boolean;
  /** True on a terminal where the user has not said NO_COLOR. */
  readonly hasColour: boolean;
}

interface LineWriterOptions {
  /** Default 1, standard output. */
  readonly fd?: number;
  /** Bytes held while the reader is slow, the disk full or the pipe closed. Default 4 MiB. */
  readonly bufferBytesMax?: number;
  /** The user has set NO_COLOR (no-color.org). Default false. */
  readonly noColor?: boolean;
  readonly clock?: Clock;
}

const BUFFER_BYTES_MAX = 4 * 1024 * 1024;
const FULL_RETRY_MS_MAX = 50;
const BROKEN_RETRY_MS = 1000;
const STUCK_MS = 500;
const FLUSH_WAIT_MS = 2;
const FLUSH_WAITS_MAX = 250;

const sleepCell = new Int32Array(new SharedArrayBuffer(4));

/** A writer for a file descriptor. Each thread makes its own; it flushes itself when its thread exits. */
export function createLineWriter(options: LineWriterOptions = {}): LineWriter {
  return new DescriptorWriter(options);
}

/** `full`: the reader is slow. `broken`: no space, no reader, no device. */
type Outcome = 'written' | 'full' | 'broken';

class DescriptorWriter implements LineWriter {
  readonly isTerminal: boolean;
  readonly hasColour: boolean;
  readonly #clock: Clock;
  readonly #descriptor: Descriptor;
  readonly #queue: LineQueue;
  readonly #onExit = (): void => this.flush();
  readonly #onTurnEnd = (): void => this.#pump();
  /** What is left of a chunk that was written in part or not at all. */
  #rest: Buffer | null = null;
  #inFlightSinceMs = -1;
  #waiting = false;
  #fullRetryMs = 1;
  #stopRetry: () => void = () => undefined;
  #dropped = 0;
  #closed = false;

  constructor({ fd = 1, bufferBytesMax = BUFFER_BYTES_MAX, noColor = false, clock = systemClock }: LineWriterOptions) {
    this.#clock = clock;
    this.#descriptor = openDescriptor(fd);
    this.#queue = new LineQueue(bufferBytesMax, this.#descriptor.chunkBytesMax);
    this.isTerminal = isatty(fd);
    this.hasColour = this.isTerminal && !noColor;
    process.on('exit', this.#onExit);
  }

  get dropped(): number {
    return this.#dropped;
  }

  write(line: string): boolean {
    if (this.#closed || !this.#queue.push(line)) {
      this.#dropped++;
      return false;
    }
    // One write at the end of the turn carries the lines of all requests that ended in it.
    if (!this.#waiting) {
      this.#waiting = true;
      setImmediate(this.#onTurnEnd);
    }
    return true;
  }

  flush(): void {
    // Where a write has been with the thread pool for this long, one made here would hang as well.
    if (this.#inFlightSinceMs >= 0 && this.#clock.monotonicMs() - this.#inFlightSinceMs > STUCK_MS) return this.#discard();
    let waits = 0;
    for (let chunk = this.#next(); chunk !== null; chunk = this.#next()) {
      const outcome = this.#writeNow(chunk);
      if (outcome === 'written') continue;
      if (outcome === 'broken' || ++waits > FLUSH_WAITS_MAX) return this.#discard();
      Atomics.wait(sleepCell, 0, 0, FLUSH_WAIT_MS);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.flush();
    this.#closed = true;
    this.#stopRetry();
    process.off('exit', this.#onExit);
    if (this.#descriptor.isOwnPipe) closeSync(this.#descriptor.fd);
  }

  #pump(): void {
    this.#waiting = false;
    if (this.#closed) return;
    if (!this.#descriptor.isOwnPipe) return this.#writeInPool();
    for (let chunk = this.#next(); chunk !== null; chunk = this.#next()) {
      const outcome = this.#writeNow(chunk);
      if (outcome !== 'written') return this.#retryAfter(outcome);
    }
  }

  #writeInPool(): void {
    const chunk = this.#next();
    if (chunk === null) return;
    this.#waiting = true;
    this.#inFlightSinceMs = this.#clock.monotonicMs();
    write(this.#descriptor.fd, chunk, (error, written) => {
      this.#inFlightSinceMs = -1;
      this.#keepRest(chunk, error === null ? written : 0);
      if (error === null) this.#pump();
      else this.#retryAfter(outcomeOf(error));
    });
  }

  #writeNow(chunk: Buffer): Outcome {
    try {
      this.#keepRest(chunk, writeSync(this.#descriptor.fd, chunk));
      this.#fullRetryMs = 1;
      return 'written';
    } catch (error) {
      this.#rest = chunk;
      return outcomeOf(error);
    }
  }

  #next(): Buffer | null {
    const rest = this.#rest;
    this.#rest = null;
    return rest ?? this.#queue.shift();
  }

  #keepRest(chunk: Buffer, written: number): void {
    this.#rest = written < chunk.length ? chunk.subarray(written) : null;
  }

  /** A full pipe is tried again soon; a full disk or a reader that has gone may come back, so these are tried too. */
  #retryAfter(outcome: Outcome): void {
    this.#waiting = true;
    const waitMs = outcome === 'full' ? this.#fullRetryMs : BROKEN_RETRY_MS;
    this.#fullRetryMs = Math.min(this.#fullRetryMs * 2, FULL_RETRY_MS_MAX);
    this.#stopRetry = this.#clock.every(waitMs, () => {
      this.#stopRetry();
      this.#pump();
    });
  }

  #discard(): void {
    this.#dropped += this.#queue.clear() + (this.#rest === null ? 0 : 1);
    this.#rest = null;
  }
}

function outcomeOf(error: unknown): Outcome {
  return error instanceof Error && 'code' in error && error.code === 'EAGAIN' ? 'full' : 'broken';
}
