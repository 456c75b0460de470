import type { Duplex } from 'node:stream';
import type { Sink } from './sink.ts';

/** So much of a body nobody wants is read to its end, to keep the upstream's connection. */
const DROPPED_BYTES_MAX = 64 * 1024;

/**
 * Stands in front of a sink that has got its head, and gives it another body than the one that comes. It waits for the end
 * of that one, unless it is long: an answer read to its end leaves its connection for the next. However it ends, the client
 * gets a whole answer.
 */
export class StandInSink implements Sink {
  readonly #inner: Sink;
  readonly #body: Buffer | null;
  #given = false;
  #droppedBytes = 0;

  /** @param body null: none is sent, as to HEAD. */
  constructor(inner: Sink, body: Buffer | null) {
    this.#inner = inner;
    this.#body = body;
  }

  get headSent(): boolean {
    return this.#inner.headSent;
  }

  get closed(): boolean {
    return this.#inner.closed;
  }

  get closesAfter(): boolean {
    return this.#inner.closesAfter;
  }

  get bytesOut(): number {
    return this.#inner.bytesOut;
  }

  get pending(): boolean {
    return this.#inner.pending;
  }

  /** Once the client has all of it, the rest is not asked for: with the end of the exchange it is cut. */
  write(chunk: Buffer): boolean {
    this.#droppedBytes += chunk.length;
    if (this.#droppedBytes > DROPPED_BYTES_MAX) this.#give();
    return !this.#given;
  }

  end(): void {
    this.#give();
  }

  abort(): void {
    if (!this.#given) this.#give();
    else if (this.#inner.pending) this.#inner.abort();
  }

  upgrade(): Duplex | null {
    return null;
  }

  informational(): void {}
  continue(): void {}
  head(): void {}
  flush(): void {}
  closeAfter(): void {}

  #give(): void {
    if (this.#given) return;
    this.#given = true;
    this.#inner.end(this.#body, []);
  }
}
