import type { Duplex } from 'node:stream';
import type { Exchange } from '../exchange/exchange.ts';

/** Requests that wait before the client is no longer listened to; one read may bring some more. */
const WAITING_MAX = 16;

/**
 * Requests of one HTTP/1.1 connection that came before the answer to the first (pipelining, RFC 9112 §9.3.2).
 * They are worked on one after the other: side by side, a single connection could open any number of
 * connections to the upstreams, and an answer that closes the connection would leave others done in vain.
 */
export class Turns {
  readonly #socket: Duplex;
  readonly #handle: (exchange: Exchange) => void;
  #active: Exchange | null = null;
  #waiting: Exchange[] = [];
  #paused = false;
  /** The last answer has been given. */
  #closed = false;

  constructor(socket: Duplex, handle: (exchange: Exchange) => void) {
    this.#socket = socket;
    this.#handle = handle;
  }

  take(exchange: Exchange): void {
    if (this.#closed) return;
    if (this.#active === null) {
      this.#active = exchange;
      this.#handle(exchange);
      return;
    }
    this.#waiting.push(exchange);
    if (this.#waiting.length < WAITING_MAX || this.#paused) return;
    this.#paused = true;
    this.#socket.pause();
  }

  /** An exchange has ended, answered or not. */
  leave(exchange: Exchange): void {
    if (exchange !== this.#active) return;
    // What is read behind the last answer may be the rest of a body, whatever it looks like; and nobody waits
    // for the next answer on a connection that is going down, nor would it ever hear of its end.
    if (exchange.sink.closesAfter || this.#socket.destroyed) this.#closed = true;
    if (this.#closed) {
      this.#active = null;
      this.abandon();
      return;
    }
    const next = this.#waiting.shift() ?? null;
    this.#active = next;
    if (this.#paused && this.#waiting.length === 0) {
      this.#paused = false;
      this.#socket.resume();
    }
    if (next !== null) this.#handle(next);
  }

  /** The connection is gone: nobody waits for these any more. */
  abandon(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const exchange of waiting) exchange.onClose(false);
  }
}
