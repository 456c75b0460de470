/**
 * How many of something each client address has, in a fixed amount of shared memory: a count-min
 * sketch of two hashes with a row pair per worker. An address is never under-counted; it is
 * over-counted only where two others share both of its cells, one in millions at 10,000 addresses.
 */
const CELLS = 8192;
const HASHES = 2;
const STRIDE = CELLS * HASHES;

export function createAddressCounts(workersMax: number): SharedArrayBuffer {
  return new SharedArrayBuffer((workersMax + 1) * STRIDE * Int32Array.BYTES_PER_ELEMENT);
}

export class AddressCounts {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #row: number;

  constructor(memory: SharedArrayBuffer, worker: number) {
    this.#cells = new Int32Array(memory);
    this.#row = worker * STRIDE;
  }

  /** Counts one more for the address unless it has `max` already, over all workers; false where it has. */
  tryAdd(address: string, max: number): boolean {
    const first = hash(address, 0x811c9dc5) % CELLS;
    const second = CELLS + (hash(address, 0x9747b28c) % CELLS);
    if (Math.min(this.#total(first), this.#total(second)) >= max) return false;
    Atomics.add(this.#cells, this.#row + first, 1);
    Atomics.add(this.#cells, this.#row + second, 1);
    return true;
  }

  remove(address: string): void {
    Atomics.sub(this.#cells, this.#row + (hash(address, 0x811c9dc5) % CELLS), 1);
    Atomics.sub(this.#cells, this.#row + CELLS + (hash(address, 0x9747b28c) % CELLS), 1);
  }

  /** Forgets what a worker that ended had counted. */
  clearRow(worker: number): void {
    const start = worker * STRIDE;
    for (let i = start; i < start + STRIDE; i += 1) Atomics.store(this.#cells, i, 0);
  }

  #total(cell: number): number {
    let sum = 0;
    for (let i = cell; i < this.#cells.length; i += STRIDE) sum += Atomics.load(this.#cells, i);
    return sum;
  }
}

/** FNV-1a with a final mix; the seeds make two independent hashes of it. */
function hash(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return (h ^ (h >>> 13)) >>> 0;
}
