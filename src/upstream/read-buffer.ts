import { MemoryRing, NOBODY, type Borrower } from './memory-ring.ts';

/** A tunnel, or an event stream, is silent enough to share a buffer once so many reads in turn had no more than this. */
const QUIET_BYTES = 4 * 1024;
const QUIET_READS = 16;
const SMALL_BYTES = 16 * 1024;
/** As much as comes at a time of a large body that is near; twice as much makes it no faster. */
const LARGE_BYTES = 128 * 1024;
const GROWTH = 8;
/** How many times its own size a piece may keep from being used again. */
const WASTE_MAX = 4;

/** What connections give back, for the next: in one worker at most 1 MiB of small memory and 3 MiB of large. */
const small = new MemoryRing(SMALL_BYTES, 64);
const large = new MemoryRing(LARGE_BYTES, 24);

/** Where silent connections read, one after the other. What they give away is always a copy: the next read may be another's. */
const shared = Buffer.allocUnsafeSlow(LARGE_BYTES);

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
  #mayShare = false;
  #quietReads = 0;

  /** The memory for the next read: another one where a client still holds bytes of the last. */
  next(): Buffer {
    if (this.#quietReads >= QUIET_READS) return this.#share();
    const buffer = this.#buffer;
    const holder = this.#holder();
    if (buffer !== null && buffer !== shared && holder === NOBODY && buffer.length === this.#wantedBytes) return buffer;
    this.#giveUp(holder);
    this.#buffer = ringOf(this.#wantedBytes).take();
    return this.#buffer;
  }

  /**
   * A piece of the buffer as `borrower` may hold it after the read. Where it is small and others wait before
   * it, it is a copy: else a client that does not read would hold a whole buffer for every small message.
   */
  lend(borrower: Borrower, piece: Buffer): Buffer {
    if (this.#buffer === shared) return Buffer.from(piece);
    // Once it has been given this piece, nobody could tell that what it had before is free.
    if (this.#debtor === borrower && !borrower.pending) this.#settle(borrower);
    const held = copyIfWasteful(borrower, piece);
    if (held === piece) this.#borrower = borrower;
    return held;
  }

  /** Notes how much of the buffer a read used. */
  filled(bytes: number): void {
    if (bytes === this.#wantedBytes && bytes < LARGE_BYTES) this.#wantedBytes = bytes * GROWTH;
    if (this.#mayShare) this.#quietReads = bytes > QUIET_BYTES ? 0 : this.#quietReads + 1;
  }

  shrink(): void {
    this.#wantedBytes = SMALL_BYTES;
    this.#mayShare = false;
    this.#quietReads = 0;
  }

  /** From now on it may be silent for long: it holds memory only while reads need it. */
  share(): void {
    this.#wantedBytes = SMALL_BYTES;
    this.#mayShare = true;
    this.#quietReads = QUIET_READS;
  }

  #share(): Buffer {
    if (this.#buffer === shared) return shared;
    this.#giveUp(this.#holder());
    this.#wantedBytes = SMALL_BYTES;
    this.#buffer = shared;
    return shared;
  }

  /** Whoever still holds bytes of the last read. */
  #holder(): Borrower {
    const borrower = this.#borrower;
    this.#borrower = null;
    return borrower !== null && borrower.pending ? borrower : NOBODY;
  }

  #giveUp(holder: Borrower): void {
    const buffer = this.#buffer;
    if (buffer === null || buffer === shared) return;
    ringOf(buffer.length).give(buffer, holder);
    if (holder !== NOBODY) this.#debtor = holder;
  }

  #settle(borrower: Borrower): void {
    this.#debtor = null;
    small.free(borrower);
    large.free(borrower);
  }
}

function ringOf(bytes: number): MemoryRing {
  return bytes === SMALL_BYTES ? small : large;
}

/** `piece` as `borrower` may hold it: a copy where it is small in its buffer and others wait before it. */
export function copyIfWasteful(borrower: Borrower, piece: Buffer): Buffer {
  return piece.length * WASTE_MAX <= piece.buffer.byteLength && borrower.pending ? Buffer.from(piece) : piece;
}
