import type { Answerer, Exchange } from '../exchange/exchange.ts';
import { Watched, type Deadlines } from '../lib/deadlines.ts';

/** An answer made here, whole but not read over there: a client that takes nothing of it must not keep its connection for ever. */
export class UnreadAnswer extends Watched implements Answerer {
  readonly #exchange: Exchange;
  readonly #deadlines: Deadlines;
  readonly #sendMs: number;

  constructor(exchange: Exchange, deadlines: Deadlines, sendMs: number) {
    super();
    this.#exchange = exchange;
    this.#deadlines = deadlines;
    this.#sendMs = sendMs;
  }

  /** Takes the exchange over from whoever answered it. */
  watch(): void {
    this.#exchange.answerer = this;
    this.onDrain();
    this.#deadlines.add(this);
  }

  onDrain(): void {
    this.deadlineMs = this.#deadlines.after(this.#sendMs);
  }

  onProgress(): void {
    this.onDrain();
  }

  onClose(): void {
    this.#deadlines.remove(this);
  }

  override onDeadline(): void {
    this.#exchange.fail('client_too_slow', `the client did not read the answer within ${this.#sendMs / 1000} s`);
    this.#exchange.sink.abort();
  }
}
