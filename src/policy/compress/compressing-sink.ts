import type { Duplex } from 'node:stream';
import { headerOf } from '../../exchange/answer-head.ts';
import type { Exchange } from '../../exchange/exchange.ts';
import type { FrontSink, Sink } from '../../exchange/sink.ts';
import { BodyEncoder, type EncoderUser } from './body-encoder.ts';
import { type Compression, isWhole, WHOLE_BYTES_MAX } from './compression.ts';
import { PauseWatch } from './pause-watch.ts';

/** What may be in the encoder's hands before whoever writes has to wait for it. */
const IN_HAND_BYTES_MAX = 32 * 1024;
const NO_BYTES = Buffer.alloc(0);
const NO_TRAILERS: string[] = [];

interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly rawHeaders: string[];
  readonly hasTrailers: boolean;
}

/** Compresses the body of one answer on its way to the sink behind. */
export class CompressingSink implements FrontSink, EncoderUser {
  headSent = false;
  readonly #exchange: Exchange;
  readonly #behind: Sink;
  readonly #plan: Compression;
  /** When the upstream pauses, what there is goes out. */
  readonly #pauses: PauseWatch;
  #seated: boolean;
  /** Not passed on yet: of a body that is compressed in one piece, its length stands in it. */
  #head: Head | null = null;
  /** What has come of such a body, copied: the memory it came in is used again. */
  #pieces: Buffer[] | null;
  #encoder: BodyEncoder | null = null;
  #behindIsFull = false;
  #someoneWaits = false;
  #ended = false;
  #passedEnd = false;
  #trailers = NO_TRAILERS;

  /** @param seated a seat has been taken for it. */
  constructor(exchange: Exchange, plan: Compression, seated: boolean) {
    this.#exchange = exchange;
    this.#behind = exchange.sink;
    this.#plan = plan;
    this.#seated = seated;
    this.#pauses = new PauseWatch(plan.clock, () => this.#onPause());
    this.#pieces = isWhole(plan) ? [] : null;
    exchange.whenEnded(() => this.#dispose());
  }

  get closed(): boolean {
    return this.#behind.closed;
  }

  get closesAfter(): boolean {
    return this.#behind.closesAfter;
  }

  get bytesOut(): number {
    return this.#behind.bytesOut;
  }

  /** The encoder may still read what it was given; what it gives out is its own, and matters only at the end. */
  get pending(): boolean {
    if (this.#encoder !== null && this.#encoder.inHandBytes > 0) return true;
    return this.#ended && (!this.#passedEnd || this.#behind.pending);
  }

  informational(status: number, rawHeaders: string[]): void {
    this.#behind.informational(status, rawHeaders);
  }

  continue(): void {
    this.#behind.continue();
  }

  head(status: number, statusText: string, rawHeaders: string[], _contentLength: number, hasTrailers: boolean): void {
    if (this.headSent || this.closed) return;
    this.headSent = true;
    this.#head = { status, statusText, rawHeaders, hasTrailers };
  }

  write(chunk: Buffer): boolean {
    if (this.closed || this.#ended) return true;
    if (!this.#plan.isLive) this.#pauses.touch();
    if (this.#pieces !== null) {
      this.#pieces.push(Buffer.from(chunk));
      return true;
    }
    const encoder = this.#start();
    if (encoder === null) return true;
    encoder.write(chunk);
    this.#someoneWaits = this.#behindIsFull || encoder.inHandBytes >= IN_HAND_BYTES_MAX;
    return !this.#someoneWaits;
  }

  end(chunk: Buffer | null, rawTrailers: string[]): void {
    if (this.closed || this.#ended) return;
    this.#ended = true;
    this.#trailers = rawTrailers;
    this.#pauses.stop();
    const bytes = chunk?.length ?? 0;
    if (this.#encoder === null && (this.#pieces !== null || bytes <= WHOLE_BYTES_MAX)) {
      this.#endWhole(chunk ?? NO_BYTES);
      return;
    }
    this.#start()?.end(chunk);
  }

  flush(): void {
    if (this.closed || this.#ended) return;
    if (this.#pieces === null) this.#flushAll();
    else this.#pauses.touch();
  }

  abort(): void {
    this.#ended = true;
    this.#dispose();
    this.#behind.abort();
  }

  upgrade(protocol: string, rawHeaders: string[]): Duplex | null {
    return this.#behind.upgrade(protocol, rawHeaders);
  }

  closeAfter(unread?: boolean): void {
    this.#behind.closeAfter(unread);
  }

  onDrain(): void {
    this.#behindIsFull = false;
    // The client reads; what is still on its way to it gets its time anew.
    this.#exchange.answerer?.onProgress();
    this.onTaken();
  }

  onEncoded(chunk: Buffer): void {
    if (!this.#behind.write(chunk)) this.#behindIsFull = true;
    // How long the encoder took is not the client's fault: only now can it read this.
    this.#exchange.answerer?.onProgress();
  }

  onEncodedEnd(last: Buffer | null): void {
    this.#passEnd(last);
    this.#dispose();
    this.#exchange.answerer?.onProgress();
  }

  /** Whoever waits goes on when the encoder has nothing left to do, and the client can take more. */
  onTaken(): void {
    if (!this.#someoneWaits || this.#behindIsFull || this.#ended || this.#encoder === null || this.#encoder.inHandBytes > 0) return;
    this.#someoneWaits = false;
    this.#exchange.drained(this);
  }

  onEncoderFailed(error: unknown): void {
    if (this.closed || this.#passedEnd) return;
    this.#exchange.fail('internal_error', `compressing failed: ${String(error)}`);
    this.abort();
  }

  #endWhole(chunk: Buffer): void {
    const { encoding } = this.#plan;
    const pieces = this.#pieces ?? [];
    try {
      const content = encoding.whole(pieces.length === 0 ? chunk : Buffer.concat([...pieces, chunk]));
      this.#passHead(content.length);
      this.#passEnd(content);
    } catch (error) {
      this.onEncoderFailed(error);
    }
    this.#dispose();
  }

  /** The encoder; null where none can be made, and then the answer is broken off. */
  #start(): BodyEncoder | null {
    if (this.#encoder !== null) return this.#encoder;
    const { encoding, bytes, isLive } = this.#plan;
    try {
      this.#encoder = new BodyEncoder(encoding, bytes, isLive, this);
      this.#passHead(-1);
    } catch (error) {
      this.onEncoderFailed(error);
    }
    return this.#encoder;
  }

  #passEnd(last: Buffer | null): void {
    this.#passedEnd = true;
    this.#behind.end(last, this.#trailers);
  }

  /** @param bytes of the body as it is sent, -1 where unknown. */
  #passHead(bytes: number): void {
    const head = this.#head;
    if (head === null) return;
    this.#head = null;
    const { status, statusText, rawHeaders } = head;
    // Before trailers, HTTP/1.1 needs chunks. Where the whole body is known, so is whether there are any.
    const hasTrailers = head.hasTrailers && (bytes === -1 || this.#trailers.length > 0 || headerOf(rawHeaders, 'trailer') !== null);
    if (bytes === -1 || hasTrailers) this.#behind.head(status, statusText, rawHeaders, -1, hasTrailers);
    else this.#behind.head(status, statusText, [...rawHeaders, 'Content-Length', String(bytes)], bytes, false);
  }

  #flushAll(): void {
    this.#passHead(-1);
    this.#encoder?.flush();
    this.#behind.flush();
  }

  #onPause(): boolean {
    if (this.#pieces !== null && !this.#becomeStream(this.#pieces)) return false;
    this.#flushAll();
    return true;
  }

  /** Too slow to wait for the whole of it. @returns false where this is not possible now. */
  #becomeStream(pieces: readonly Buffer[]): boolean {
    if (!this.#plan.takeSeat()) return false;
    this.#seated = true;
    this.#pieces = null;
    if (pieces.length === 0) return true;
    const encoder = this.#start();
    for (const piece of pieces) encoder?.write(piece);
    return true;
  }

  #dispose(): void {
    this.#pauses.stop();
    this.#encoder?.destroy();
    this.#pieces = null;
    this.#someoneWaits = false;
    if (!this.#seated) return;
    this.#seated = false;
    this.#plan.freeSeat();
  }
}
