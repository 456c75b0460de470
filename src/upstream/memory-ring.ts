/** How many slow clients are asked before memory is made. */
const LOOKS_MAX = 4;

/** Whoever was given a part of a piece of memory. */
export interface Borrower {
  /** Still holds bytes of what it was given. */
  readonly pending: boolean;
}

export const NOBODY: Borrower = { pending: false };

/**
 * Memory that goes from connection to connection, with whoever may still hold bytes of it. Without it, each answer
 * to a client whose writes end a little later, as those of TLS do, leaves memory outside the heap behind, and V8
 * marks its whole heap again and again to find out that nobody has it any more.
 */
export class MemoryRing {
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
