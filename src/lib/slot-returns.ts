/** As many as there are slots, so that an announcement holds a slot's number in the bits that say where it stands. */
const LENGTH = 4096;
const HEAD = 0;
/** The head, which every writer changes, has a cache line of its own. */
const ENTRIES = 16;

/** Memory for {@link SlotReturns}. It begins with the second lap: the entries of the first would look written. */
export function createReturnsMemory(): SharedArrayBuffer {
  const memory = new SharedArrayBuffer((ENTRIES + LENGTH) * Int32Array.BYTES_PER_ELEMENT);
  new Int32Array(memory)[HEAD] = LENGTH;
  return memory;
}

/**
 * Where all threads announce that a count went down, so that who keeps counts in order need not look at
 * all of them: a ring of slot numbers in shared memory, which never waits for a reader. An entry bears
 * the lap it was written in, by which a reader knows that it is not written yet, or already another's.
 */
export class SlotReturns {
  readonly #cells: Int32Array<SharedArrayBuffer>;

  constructor(memory: SharedArrayBuffer) {
    this.#cells = new Int32Array(memory);
  }

  /** To be called after the count has changed. */
  announce(slot: number): void {
    const at = Atomics.add(this.#cells, HEAD, 1);
    Atomics.store(this.#cells, ENTRIES + (at & (LENGTH - 1)), (at & -LENGTH) | slot);
  }

  /** Every reader has to look at all, whatever it has read: it is lapped, also by who died before writing its entry. */
  announceAll(): void {
    Atomics.add(this.#cells, HEAD, 2 * LENGTH);
  }

  reader(): ReturnsReader {
    return new ReturnsReader(this.#cells);
  }
}

/** Reads on from where it was made. */
export class ReturnsReader {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  #next: number;

  constructor(cells: Int32Array<SharedArrayBuffer>) {
    this.#cells = cells;
    this.#next = Atomics.load(cells, HEAD);
  }

  /**
   * Hands on the slots announced since the last time.
   * @param most so many at once, at most {@link LENGTH}; where there are more, looking at all is less work.
   * @returns false: look at all, some announcements could not be read. What is half written is read again next time.
   */
  read(most: number, visit: (slot: number) => void): boolean {
    const head = Atomics.load(this.#cells, HEAD);
    if (head === this.#next) return true;
    const behind = (head - this.#next) >>> 0;
    if (behind > most) {
      this.#next = head;
      return false;
    }
    for (; this.#next !== head; this.#next = (this.#next + 1) | 0) {
      const entry = Atomics.load(this.#cells, ENTRIES + (this.#next & (LENGTH - 1)));
      if ((entry & -LENGTH) !== (this.#next & -LENGTH)) return false;
      visit(entry & (LENGTH - 1));
    }
    return true;
  }
}
