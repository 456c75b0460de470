import { randomBytes } from 'node:crypto';
import { KeyedHash } from './keyed-hash.ts';
import { WorkerLocks } from './worker-locks.ts';

const SETS = 4096;
/** A key belongs to one set, by its hash, and there has one of these slots as long as something of it is counted. */
const SLOTS = 16;
/** The slot of all keys that come while the others of their set are taken: they are counted together. */
const SHARED_SLOT = SLOTS;

/** Where each fact stands in a set. The lock has a cache line of its own; behind the names come the counts, a row for each slot. */
const LOW = 16;
const HIGH = LOW + SLOTS;
const COUNTS = HIGH + SLOTS;

/** Made once by the control plane and lent to every worker. */
export interface KeyCountsMemory {
  readonly buffer: SharedArrayBuffer;
  readonly workersMax: number;
  /** Of the hash; new in every process, so that nobody can aim at a set. */
  readonly hashKey: readonly [number, number];
}

/** Some 65,000 keys with counts of their own; the system gives only what is touched of it. */
export function createKeyCounts(workersMax: number): KeyCountsMemory {
  const random = randomBytes(8);
  return {
    buffer: new SharedArrayBuffer(SETS * setCells(workersMax) * Int32Array.BYTES_PER_ELEMENT),
    workersMax,
    hashKey: [random.readInt32LE(0), random.readInt32LE(4)],
  };
}

/**
 * How many of something each key has at this moment, over all workers, in a fixed amount of shared memory. Exact: of many that
 * come at once, as many get in as there is room for. Each worker's part is known, so that the parts of a dead one can go with it.
 */
export class KeyCounts {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #locks: WorkerLocks;
  readonly #hash: KeyedHash;
  readonly #rows: number;
  readonly #setCells: number;
  readonly #worker: number;

  /**
   * @param worker 1-based; 0 for the control plane.
   * @throws RangeError where the memory has no place for the worker.
   */
  constructor({ buffer, workersMax, hashKey }: KeyCountsMemory, worker: number) {
    if (worker > workersMax) throw new RangeError(`worker ${worker} of ${workersMax}`);
    this.#cells = new Int32Array(buffer);
    this.#locks = new WorkerLocks(this.#cells, worker);
    this.#hash = new KeyedHash(hashKey);
    this.#rows = workersMax + 1;
    this.#setCells = setCells(workersMax);
    this.#worker = worker;
  }

  /**
   * Counts one more for the key unless it has `max` already.
   * @returns what {@link giveBack} wants to be told, above 0; 0 where there is no room.
   */
  take(key: string, max: number): number {
    this.#hash.digest(key);
    const set = Math.floor(((this.#hash.high >>> 0) * SETS) / 2 ** 32) * this.#setCells;
    this.#locks.acquire(set);
    const slot = this.#slotIn(set);
    const row = set + COUNTS + slot * this.#rows;
    const hasRoom = this.#total(row) < max;
    if (hasRoom) {
      if (slot !== SHARED_SLOT) this.#name(set, slot, this.#hash.low | 1, this.#hash.high);
      this.#cells[row + this.#worker]! += 1;
    }
    this.#locks.release(set);
    return hasRoom ? row + this.#worker : 0;
  }

  /** @param place what `take` has returned; once. */
  giveBack(place: number): void {
    const set = place - (place % this.#setCells);
    this.#locks.acquire(set);
    this.#cells[place]! -= 1;
    this.#tidy(set, Math.floor((place - set - COUNTS) / this.#rows));
    this.#locks.release(set);
  }

  /** Forgets what a worker that ended had counted. */
  forgetWorker(worker: number): void {
    for (let set = 0; set < this.#cells.length; set += this.#setCells) {
      this.#locks.forget(set, worker);
      this.#locks.acquire(set);
      for (let slot = 0; slot <= SHARED_SLOT; slot += 1) {
        this.#cells[set + COUNTS + slot * this.#rows + worker] = 0;
        this.#tidy(set, slot);
      }
      this.#locks.release(set);
    }
  }

  /** The slot of the present hash: its own, or a free one, or that of all others. */
  #slotIn(set: number): number {
    const low = this.#hash.low | 1;
    const { high } = this.#hash;
    let free = SHARED_SLOT;
    for (let slot = 0; slot < SLOTS; slot += 1) {
      const named = this.#cells[set + LOW + slot]!;
      if (named === low && this.#cells[set + HIGH + slot] === high) return slot;
      if (named === 0 && free === SHARED_SLOT) free = slot;
    }
    return free;
  }

  /** A slot of which nothing is counted any more is nobody's. */
  #tidy(set: number, slot: number): void {
    if (slot !== SHARED_SLOT && this.#total(set + COUNTS + slot * this.#rows) === 0) this.#name(set, slot, 0, 0);
  }

  /** @param low 0: nobody's. */
  #name(set: number, slot: number, low: number, high: number): void {
    this.#cells[set + LOW + slot] = low;
    this.#cells[set + HIGH + slot] = high;
  }

  #total(row: number): number {
    let sum = 0;
    for (let i = row; i < row + this.#rows; i += 1) sum += this.#cells[i]!;
    return sum;
  }
}

function setCells(workersMax: number): number {
  const used = COUNTS + (SLOTS + 1) * (workersMax + 1);
  // A multiple of a cache line, so that two locks never share one.
  return Math.ceil(used / 16) * 16;
}
