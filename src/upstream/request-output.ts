import type { Socket } from 'node:net';
import { writeAtEndOfTurn, type BatchedWriter } from '../lib/write-batch.ts';

/** What goes to an upstream over HTTP/1.1. A head alone waits for the end of the turn; one with a body goes out with its first bytes. */
export class RequestOutput implements BatchedWriter {
  readonly #socket: Socket;
  #head = '';

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** A head was given, and nothing of it is on its way yet. */
  get waits(): boolean {
    return this.#head !== '';
  }

  head(text: string): void {
    this.#head = text;
    writeAtEndOfTurn(this);
  }

  /** @returns false: wait for the socket's `drain` before the next one. */
  write(chunk: Buffer | string): boolean {
    if (this.#head === '') return this.#writeNow(chunk);
    this.#socket.cork();
    this.writeBatched();
    const more = this.#writeNow(chunk);
    this.#socket.uncork();
    return more;
  }

  /** The connection is closed: what waits is never sent. */
  drop(): void {
    this.#head = '';
  }

  writeBatched(): void {
    if (this.#head === '') return;
    const head = this.#head;
    this.#head = '';
    this.#writeNow(head);
  }

  #writeNow(chunk: Buffer | string): boolean {
    return typeof chunk === 'string' ? this.#socket.write(chunk, 'latin1') : this.#socket.write(chunk);
  }
}
