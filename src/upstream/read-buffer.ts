const SMALL_BYTES = 16 * 1024;
const LARGE_BYTES = 64 * 1024;
const GROWTH = 4;
/** How many times its own size a piece may keep from being used again. */
const WASTE_MAX = 4;
/** Of each size, in one worker: 1 MiB of small ones, 2 MiB of large ones. */
const SMALL_MAX = 64;
const LARGE_MAX = 32;
/** How many slow clients are asked before memory is made. */
const LOOKS_MAX = 4;

/** Whoever was given a part of the buffer. */
export interface Borrower {
  /** Still holds bytes of what it was given. */
  readonly pending: boolean;
}

const NOBODY: Borrower = { pending: false };

/**
 * Memory that goes from connection to connection, with whoever may still hold bytes of it. Without it, each answer
 * to a client whose writes end a little later, as those of TLS do, leaves memory outside the heap behind, and V8
 * marks its whole heap again and again to find out that nobody has it any more.
 */
class Ring {
  readonly #bytes: number;
  readonly #max: number;
  readonly #buffers: (Buffer | null)[];
  readonly #borrowers: Borrower[];
  #first = 0;
  #count = 0;

  constructor(bytes: number, max: number) {
    this.#bytes = bytes;
    this.#max = max;
    this.#buffers = Array.from({ length: max }, () => null);
    this.#borrowers = Array.from({ length: max }, () => NOBODY);
  }

  /** Memory that nobody holds. */
  take(): Buffer {
    for (let looks = Math.min(LOOKS_MAX, this.#count); looks > 0; looks--) {
      const at = this.#first;
      const buffer = this.#buffers[at]!;
      const borrower = this.#borrowers[at]!;
      this.#forgetFirst();
      if (!borrower.pending) return buffer;
      this.give(buffer, borrower);
    }
    // Not from Node's slab, parts of which others hold.
    return Buffer.allocUnsafeSlow(this.#bytes);
  }

  /** Where there is no place left, the collector gets what has been here longest. */
  give(buffer: Buffer, borrower: Borrower): void {
    if (this.#count === this.#max) this.#forgetFirst();
    const at = (this.#first + this.#count) % this.#max;
    this.#buffers[at] = buffer;
    this.#borrowers[at] = borrower;
    this.#count += 1;
  }

  /** `borrower` has let go of all it was given so far, and is about to be given more. */
  free(borrower: Borrower): void {
    for (let i = 0; i < this.#max; i++) {
      if (this.#borrowers[i] === borrower) this.#borrowers[i] = NOBODY;
    }
  }

  #forgetFirst(): void {
    this.#buffers[this.#first] = null;
    this.#borrowers[this.#first] = NOBODY;
    this.#first = (this.#first + 1) % this.#max;
    this.#count -= 1;
  }
}

const small = new Ring(SMALL_BYTES, SMALL_MAX);
const large = new Ring(LARGE_BYTES, LARGE_MAX);

/**
 * The memory one upstream connection reads into, used again for every read. A new buffer for each read
 * costs more than everything else that is done with a large body; one large buffer for each connection
 * would cost too much memory. So it starts small, grows while reads fill it, and shrinks after the answer.
 */
export class ReadBuffer {
  #buffer: Buffer | null = null;
  #wantedBytes = SMALL_BYTES;
  #borrower: Borrower | null = null;
  /** Whom the last memory that did not come back was left to. */
  #debtor: Borrower | null = null;

  /** The memory for the next read: another one where a client still holds bytes of the last. */
  next(): Buffer {
    const buffer = this.#buffer;
    const borrower = this.#borrower;
    this.#borrower = null;
    const lent = borrower !== null && borrower.pending;
    if (buffer !== null && !lent && buffer.length === this.#wantedBytes) return buffer;
    if (buffer !== null) ringOf(buffer.length).give(buffer, lent ? borrower : NOBODY);
    if (lent) this.#debtor = borrower;
    this.#buffer = ringOf(this.#wantedBytes).take();
    return this.#buffer;
  }

  /**
   * A piece of the buffer as `borrower` may hold it after the read. Where it is small and others wait before
   * it, it is a copy: else a client that does not read would hold a whole buffer for every small message.
   */
  lend(borrower: Borrower, piece: Buffer): Buffer {
    // Once it has been given this piece, nobody could tell that what it had before is free.
    if (this.#debtor === borrower && !borrower.pending) this.#settle(borrower);
    const held = copyIfWasteful(borrower, piece);
    if (held === piece) this.#borrower = borrower;
    return held;
  }

  /** Notes how much of the buffer a read used. */
  filled(bytes: number): void {
    if (bytes === this.#wantedBytes && bytes < LARGE_BYTES) this.#wantedBytes = bytes * GROWTH;
  }

  shrink(): void {
    this.#wantedBytes = SMALL_BYTES;
  }

  #settle(borrower: Borrower): void {
    this.#debtor = null;
    small.free(borrower);
    large.free(borrower);
  }
}

function ringOf(bytes: number): Ring {
  return bytes === SMALL_BYTES ? small : large;
}

/** `piece` as `borrower` may hold it: a copy where it is small in its buffer and others wait before it. */
export function copyIfWasteful(borrower: Borrower, piece: Buffer): Buffer {
  return piece.length * WASTE_MAX <= piece.buffer.byteLength && borrower.pending ? Buffer.from(piece) : piece;
}
