import type { Readable } from 'node:stream';
import { decided } from '../exchange/decided.ts';
import type { ErrorCode } from '../exchange/errors.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { BodyGarbage } from '../lib/body-garbage.ts';
import { decision } from '../observe/metrics/outcome.ts';

const garbage = new BodyGarbage();
const TOO_LARGE = decision('maxBody', 'refused');

/** Why a body will not be whole. */
export interface BodyFault {
  /** client_closed: the client went away, or broke its framing; body_too_large: there is more of it than may be. */
  readonly code: Extract<ErrorCode, 'client_closed' | 'body_too_large'>;
  readonly detail: string;
}

const LEFT: BodyFault = { code: 'client_closed', detail: 'the client closed the connection within its request' };

/** Where a request's body goes at the moment: the attempt in work. */
export interface BodyConsumer {
  /** @returns false: no more until {@link ClientBody.resume}. */
  onChunk(chunk: Buffer): boolean;
  /** It holds nothing of what it was given. */
  readonly empty: boolean;
  onBodyEnd(): void;
  /** The body will not be whole. */
  onBodyBroken(fault: BodyFault): void;
}

/**
 * The body of one request as it arrives. It goes to one consumer at a time; where the request may be sent
 * again, what has arrived is kept up to a bound, and a further attempt gets it from the start.
 */
export class ClientBody {
  readonly #stream: Readable;
  readonly #exchange: Exchange;
  readonly #bytesMax: number;
  #keptBytesLeft: number;
  #kept: Buffer[] | null;
  #consumer: BodyConsumer | null = null;
  #listening = false;
  #begun = false;
  #ended = false;
  #fault: BodyFault | null = null;

  /** @param keptBytesMax 0 for a request that must not be sent twice. @param bytesMax more is a fault of the body; Infinity: no bound. */
  constructor(stream: Readable, exchange: Exchange, keptBytesMax: number, bytesMax: number) {
    this.#stream = stream;
    this.#exchange = exchange;
    this.#bytesMax = bytesMax;
    this.#keptBytesLeft = keptBytesMax;
    this.#kept = keptBytesMax > 0 ? [] : null;
  }

  /** Some attempt has asked for it, so the client has been told to go on. */
  get requested(): boolean {
    return this.#listening;
  }

  /** All of it that has arrived can be given to another consumer. */
  get repeatable(): boolean {
    return this.#kept !== null || !this.#begun;
  }

  /** Gives the body to `consumer`, from its first byte. */
  attach(consumer: BodyConsumer): void {
    this.#consumer = consumer;
    for (const chunk of this.#kept ?? []) consumer.onChunk(chunk);
    if (this.#fault !== null) consumer.onBodyBroken(this.#fault);
    else if (this.#ended) consumer.onBodyEnd();
    else if (this.#listening) this.#stream.resume();
    else this.#listen();
  }

  /** The consumer wants no more; the client waits until another one comes. */
  detach(consumer: BodyConsumer): void {
    if (this.#consumer !== consumer) return;
    this.#consumer = null;
    if (!this.#ended) this.#stream.pause();
  }

  /** The consumer takes bytes again. */
  resume(): void {
    if (!this.#ended) this.#stream.resume();
  }

  /** No further attempt will be made: what was kept is let go of. */
  forget(): void {
    this.#kept = null;
  }

  /** Nobody wants the rest: it is read and thrown away, by whoever owns the connection. */
  discard(): void {
    this.#consumer = null;
    this.#kept = null;
    if (!this.#stream.destroyed) this.#stream.resume();
  }

  #listen(): void {
    this.#listening = true;
    const stream = this.#stream;
    stream.on('data', (chunk: Buffer) => this.#onData(chunk));
    stream.on('end', () => this.#onEnd());
    stream.on('error', (error: Error) => this.#onBroken({ code: 'client_closed', detail: error.message }));
    stream.on('close', () => this.#onBroken(LEFT));
    // The stream may have ended or gone before we listened.
    if (stream.readableEnded) this.#onEnd();
    else if (stream.destroyed) this.#onBroken(LEFT);
  }

  #onData(chunk: Buffer): void {
    this.#exchange.bytesIn += chunk.length;
    if (this.#exchange.bytesIn > this.#bytesMax) {
      if (this.#fault === null) decided(this.#exchange, TOO_LARGE);
      this.#onBroken({ code: 'body_too_large', detail: `more than ${this.#bytesMax} bytes` });
      garbage.add(chunk.length);
      return;
    }
    this.#begun = true;
    if (this.#kept !== null) {
      this.#keptBytesLeft -= chunk.length;
      if (this.#keptBytesLeft >= 0) this.#kept.push(chunk);
      else this.#kept = null;
    }
    const consumer = this.#consumer;
    if (consumer?.onChunk(chunk) === false) this.#stream.pause();
    // Of HTTP/2 it may be the memory that its session reads into.
    if (this.#kept === null && this.#exchange.protocol !== 'HTTP/2' && (consumer === null || consumer.empty)) garbage.free(chunk);
    else garbage.add(chunk.length);
  }

  #onEnd(): void {
    if (this.#ended || this.#fault !== null) return;
    // An HTTP/2 stream that the client cancels ends as if its body were whole; only its state tells.
    if (this.#stream.closed) {
      this.#onBroken(LEFT);
      return;
    }
    this.#ended = true;
    this.#consumer?.onBodyEnd();
  }

  #onBroken(fault: BodyFault): void {
    if (this.#ended || this.#fault !== null) return;
    this.#fault = fault;
    this.#consumer?.onBodyBroken(fault);
  }
}
