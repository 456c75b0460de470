import type { Clock } from '../lib/clock.ts';
import { LastWait } from './last-wait.ts';
import type { LogOutput, OnProblem } from './log-output.ts';
import type { SyslogLink } from './syslog-link.ts';

const RETRY_MS = 1000;

interface SyslogOutputOptions {
  readonly link: SyslogLink;
  readonly bufferBytesMax: number;
  readonly clock: Clock;
  readonly onProblem: OnProblem;
}

/** Messages on their way to a syslog server. What could not be sent is sent again after a second, so one may come twice over a stream. */
export class SyslogOutput implements LogOutput {
  readonly isTerminal = false;
  readonly hasColour = false;
  readonly #options: SyslogOutputOptions;
  #waiting: string[] = [];
  /** Messages of `#waiting` that have been taken out already; the list is cut when all have. */
  #taken = 0;
  #bytes = 0;
  #sends = 0;
  #isPlanned = false;
  #isBroken = false;
  #isClosed = false;
  readonly #lastWait = new LastWait();
  #stopRetry: (() => void) | null = null;
  #dropped = 0;

  constructor(options: SyslogOutputOptions) {
    this.#options = options;
  }

  get dropped(): number {
    return this.#dropped;
  }

  write(message: string): boolean {
    const bytes = Buffer.byteLength(message);
    if (this.#isClosed || this.#bytes + bytes > this.#options.bufferBytesMax) {
      this.#dropped += 1;
      return false;
    }
    this.#bytes += bytes;
    this.#waiting.push(message);
    if (!this.#isPlanned) {
      this.#isPlanned = true;
      setImmediate(this.#onTurnEnd);
    }
    return true;
  }

  flush(): void {
    // A socket cannot be written to while the thread waits; `end` waits for it.
  }

  reopen(): void {
    // A server has no file to be renamed.
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
    this.#dropped += this.#left;
    this.#options.link.close();
  }

  #tellRest(): void {
    if (this.#sends === 0 && (this.#isBroken || this.#left === 0)) this.#lastWait.over();
  }

  get #left(): number {
    return this.#waiting.length - this.#taken;
  }

  readonly #onTurnEnd = (): void => {
    this.#isPlanned = false;
    this.#pump();
  };

  #pump(): void {
    const { link } = this.#options;
    while (!this.#isClosed && this.#stopRetry === null && this.#left > 0 && this.#sends < link.sendsMax) {
      const messages = this.#waiting.slice(this.#taken, this.#taken + link.batchMax);
      this.#taken += messages.length;
      if (this.#left === 0) {
        this.#waiting = [];
        this.#taken = 0;
      }
      this.#sends += 1;
      link.send(messages, (error) => this.#onSent(messages, error));
    }
  }

  #onSent(messages: readonly string[], error: Error | null): void {
    this.#sends -= 1;
    if (error === null) {
      for (const message of messages) this.#bytes -= Buffer.byteLength(message);
      if (this.#isBroken) this.#options.onProblem(null);
      this.#isBroken = false;
      this.#pump();
      this.#tellRest();
      return;
    }
    if (this.#isClosed) {
      this.#dropped += messages.length;
      return;
    }
    this.#waiting = [...messages, ...this.#waiting.slice(this.#taken)];
    this.#taken = 0;
    if (!this.#isBroken) this.#options.onProblem(error.message);
    this.#isBroken = true;
    this.#tellRest();
    this.#stopRetry ??= this.#options.clock.every(RETRY_MS, () => {
      this.#stopRetry?.();
      this.#stopRetry = null;
      this.#pump();
    });
  }
}
