import type { ServerResponse } from 'node:http';

interface ReaderBounds {
  /** Readers at once. */
  readonly readersMax: number;
  /** A reader that is behind by so much is cut off. */
  readonly backlogBytesMax: number;
}

const HEAD = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-accel-buffering': 'no' };

/** Responses that are read as server-sent events: a bounded number of them, and none that does not read. */
export class EventReaders {
  readonly #bounds: ReaderBounds;
  /** With what is to be done when they have gone. */
  readonly #readers = new Map<ServerResponse, () => void>();
  #isOver = false;

  constructor(bounds: ReaderBounds) {
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#readers.size;
  }

  /** As many read as may, which is none behind the end. */
  get isFull(): boolean {
    return this.#isOver || this.#readers.size >= this.#bounds.readersMax;
  }

  has(response: ServerResponse): boolean {
    return this.#readers.has(response);
  }

  /** Takes over a response. @param onGone called once: its reader has left, maybe already, was cut off, or all were ended. */
  add(response: ServerResponse, onGone: () => void): void {
    this.#readers.set(response, onGone);
    if (response.destroyed) this.#remove(response);
    response.once('close', () => this.#remove(response));
    // Cutting the connection is an error of the response where something was still to be written.
    response.on('error', () => this.#remove(response));
  }

  /** From now on it is told what `tell` tells all. */
  begin(response: ServerResponse, text: string): void {
    if (!this.has(response)) return;
    response.writeHead(200, HEAD);
    response.write(text);
  }

  tell(text: string): void {
    for (const response of this.#readers.keys()) this.write(response, text);
  }

  /** Cuts off who does not read; who has not begun is told nothing. */
  write(response: ServerResponse, text: string): void {
    if (!response.headersSent || !this.has(response)) return;
    if (response.writableLength > this.#bounds.backlogBytesMax) response.destroy();
    else response.write(text);
  }

  /** Ends every stream, so that a server that closes need not wait for them. */
  end(): void {
    this.#isOver = true;
    for (const response of this.#readers.keys()) {
      response.end();
      this.#remove(response);
    }
  }

  #remove(response: ServerResponse): void {
    const onGone = this.#readers.get(response);
    this.#readers.delete(response);
    onGone?.();
  }
}

/** One event (HTML 9.2.5). @param json has no line breaks. */
export function eventText(name: string, json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`;
}
