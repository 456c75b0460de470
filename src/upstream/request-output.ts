import type { Socket } from 'node:net';
import { writeAtEndOfTurn, type BatchedWriter } from '../lib/write-batch.ts';

const LAST_CHUNK = '0\r\n\r\n';

/** What goes to an upstream over HTTP/1.1. A head alone waits for the end of the turn; one with a body goes out with its first bytes. */
export class RequestOutput implements BatchedWriter {
  readonly #socket: Socket;
  #head = '';
  #isChunked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** A head was given, and nothing of it is on its way yet. */
  get waits(): boolean {
    return this.#head !== '';
  }

  /** @param isChunked a body of unknown length follows: in chunks, to have an end (RFC 9112 §7.1). */
  head(text: string, isChunked: boolean): void {
    this.#head = text;
    this.#isChunked = isChunked;
    writeAtEndOfTurn(this);
  }

  /** @returns false: wait for the socket's `drain` before the next one. */
  write(bytes: Buffer): boolean {
    if (this.#head === '' && !this.#isChunked) return this.#socket.write(bytes);
    if (bytes.length === 0) return true;
    this.#socket.cork();
    this.writeBatched();
    const more = this.#isChunked ? this.#writeChunk(bytes) : this.#socket.write(bytes);
    this.#socket.uncork();
    return more;
  }

  endBody(): void {
    if (!this.#isChunked) return;
    this.#isChunked = false;
    this.#socket.write(this.#takeHead() + LAST_CHUNK, 'latin1');
  }

  /** The connection is closed: what waits is never sent. */
  drop(): void {
    this.#head = '';
  }

  writeBatched(): void {
    if (this.#head !== '') this.#socket.write(this.#takeHead(), 'latin1');
  }

  #takeHead(): string {
    const head = this.#head;
    this.#head = '';
    return head;
  }

  #writeChunk(bytes: Buffer): boolean {
    this.#socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1');
    this.#socket.write(bytes);
    return this.#socket.write('\r\n', 'latin1');
  }
}
