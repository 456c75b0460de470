import type { Encoder, Encoding } from './encoding.ts';

/** Whoever has a body encoded. */
export interface EncoderUser {
  onEncoded(chunk: Buffer): void;
  /** @param last bytes, to go out together with the end; null: none. */
  onEncodedEnd(last: Buffer | null): void;
  /** A piece was taken in, be it that nothing has come out: its memory is free again. */
  onTaken(): void;
  onEncoderFailed(error: unknown): void;
}

/** The encoder of one body that is compressed piece by piece. */
export class BodyEncoder {
  readonly #encoder: Encoder;
  readonly #flushKind: number;
  readonly #isLive: boolean;
  readonly #user: EncoderUser;
  readonly #onTaken: () => void;
  /** It has been given something that it may still hold back. */
  #holdsBack = false;
  #ended = false;
  /** Kept until it is known whether more follows. */
  #last: Buffer | null = null;

  /** @throws Error where there is no memory */
  constructor(encoding: Encoding, bytes: number, isLive: boolean, user: EncoderUser) {
    const encoder = encoding.start(bytes, isLive);
    this.#encoder = encoder;
    this.#flushKind = encoding.flushKind;
    this.#isLive = isLive;
    this.#user = user;
    this.#onTaken = () => user.onTaken();
    encoder.on('data', (chunk: Buffer) => this.#onEncoded(chunk));
    encoder.on('end', () => user.onEncodedEnd(this.#last));
    encoder.on('error', (error) => user.onEncoderFailed(error));
  }

  /** Bytes that were written and not taken in yet: it reads them where they are. */
  get inHandBytes(): number {
    return this.#encoder.writableLength;
  }

  write(chunk: Buffer): void {
    this.#holdsBack = !this.#isLive;
    this.#encoder.write(chunk, this.#onTaken);
  }

  end(chunk: Buffer | null): void {
    this.#ended = true;
    if (chunk === null) this.#encoder.end();
    else this.#encoder.end(chunk);
  }

  /** Gives out everything that was written. */
  flush(): void {
    if (!this.#holdsBack) return;
    this.#holdsBack = false;
    this.#encoder.flush(this.#flushKind);
  }

  destroy(): void {
    this.#encoder.destroy();
  }

  #onEncoded(chunk: Buffer): void {
    if (!this.#ended) {
      this.#user.onEncoded(chunk);
      return;
    }
    if (this.#last !== null) this.#user.onEncoded(this.#last);
    this.#last = chunk;
  }
}
