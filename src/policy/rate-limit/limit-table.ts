import { randomBytes } from 'node:crypto';
import { LIMITS_MAX } from '../../config/policies/rate-limit.ts';
import { KeyedHash } from '../../lib/keyed-hash.ts';
import { WorkerLocks } from '../../lib/worker-locks.ts';
import type { LimitWindow } from './limit-store.ts';

/** A key belongs to one set, by its hash, and there has one of these slots. */
const SLOTS = 16;
/** Further slots of a set, for keys that come while all others are in use: see {@link LimitTable.enter}. */
const SHARED_SLOTS = 4;
const ALL_SLOTS = SLOTS + SHARED_SLOTS;
/** With twice the slots, one key in 1,200 of a full table finds the slots of its set in use. */
const KEYS_PER_SET = SLOTS / 2;

/** Where each fact stands in a set, in units of 4 bytes (hash) and 8 bytes (times). The lock has a cache line of its own. */
const LOW = 16;
const HIGH = LOW + ALL_SLOTS;
const IDLE = (HIGH + ALL_SLOTS) / 2;
const TIMES = IDLE + ALL_SLOTS;
const SET_DOUBLES = TIMES + ALL_SLOTS * LIMITS_MAX;
const SET_CELLS = SET_DOUBLES * 2;

/** Made once by the control plane and lent to every worker. */
export interface LimitMemory {
  readonly buffer: SharedArrayBuffer;
  /** Of the hash; new in every process, so that nobody can aim at a set. */
  readonly hashKey: readonly [number, number];
  /** Moment 0 of the table, in `Clock.processMs`. */
  readonly originMs: number;
}

/** @param keys how many may be in use at once, each with counts of its own; 168 bytes each, of which the system gives only what is touched. */
export function createLimitMemory(keys: number, nowMs: number): LimitMemory {
  const random = randomBytes(8);
  return {
    buffer: new SharedArrayBuffer(Math.ceil(keys / KEYS_PER_SET) * SET_CELLS * Int32Array.BYTES_PER_ELEMENT),
    hashKey: [random.readInt32LE(0), random.readInt32LE(4)],
    originMs: nowMs,
  };
}

/**
 * What all workers count by key, in a fixed amount of shared memory: for each key up to six numbers, and the moment from which
 * on they say nothing. Only then may the slot become another key's, so that no flood of keys makes one in use forgotten.
 */
export class LimitTable {
  /** The numbers of all slots; those of one begin where {@link enter} says. */
  readonly values: Float64Array<SharedArrayBuffer>;
  readonly originMs: number;
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #locks: WorkerLocks;
  readonly #hash: KeyedHash;
  readonly #sets: number;
  /** First cell of the set that is locked. */
  #set = 0;
  #slot = 0;

  /** @param worker 1-based; 0 for the control plane. */
  constructor({ buffer, hashKey, originMs }: LimitMemory, worker: number) {
    this.values = new Float64Array(buffer);
    this.originMs = originMs;
    this.#cells = new Int32Array(buffer);
    this.#locks = new WorkerLocks(this.#cells, worker);
    this.#hash = new KeyedHash(hashKey);
    this.#sets = this.#cells.length / SET_CELLS;
  }

  /**
   * Locks the set of a key until {@link leave}, which must follow at once. A new key gets a slot that is idle. Where there is
   * none, keys of the set that have the same windows share one slot: they are never uncounted, and refused only together.
   * @param nowMs since `originMs`.
   * @returns where its numbers begin in `values`.
   */
  enter(key: string, windows: readonly LimitWindow[], nowMs: number): number {
    this.#lockSetOf(key);
    const slot = this.#find(0, SLOTS) ?? this.#claim(0, SLOTS, nowMs) ?? this.#shared(windows, nowMs);
    return this.#placeOf(slot);
  }

  /** The same, for a key that is there already. @returns null: it is not; then nothing is locked. */
  enterKnown(key: string, windows: readonly LimitWindow[] | null): number | null {
    this.#lockSetOf(key);
    let slot = this.#find(0, SLOTS);
    if (slot === null && windows !== null) {
      this.#hashWindows(windows);
      slot = this.#find(SLOTS, ALL_SLOTS);
    }
    if (slot !== null) return this.#placeOf(slot);
    this.leave();
    return null;
  }

  /** When all that is counted in the slot that was entered lies in the past. */
  get idleAtMs(): number {
    return this.values[this.#set / 2 + IDLE + this.#slot]!;
  }

  set idleAtMs(ms: number) {
    this.values[this.#set / 2 + IDLE + this.#slot] = ms;
  }

  /** Makes the slot that was entered nobody's. */
  forget(): void {
    this.#write(this.#slot, 0, 0);
  }

  leave(): void {
    this.#locks.release(this.#set);
  }

  /** Frees what a worker that ended had locked. What it was writing counts or does not. */
  forgetWorker(worker: number): void {
    for (let set = 0; set < this.#cells.length; set += SET_CELLS) this.#locks.forget(set, worker);
  }

  #lockSetOf(key: string): void {
    this.#hash.digest(key);
    this.#set = Math.floor(((this.#hash.high >>> 0) * this.#sets) / 2 ** 32) * SET_CELLS;
    this.#locks.acquire(this.#set);
  }

  #placeOf(slot: number): number {
    this.#slot = slot;
    return this.#set / 2 + TIMES + slot * LIMITS_MAX;
  }

  /** The slot that bears the present hash. */
  #find(from: number, to: number): number | null {
    const { low, high } = this.#hash;
    const lows = this.#set + LOW;
    for (let slot = from; slot < to; slot += 1) {
      if (this.#cells[lows + slot] === low && this.#cells[this.#set + HIGH + slot] === high) return slot;
    }
    return null;
  }

  /** Gives a slot that is idle to the present hash. */
  #claim(from: number, to: number, nowMs: number): number | null {
    const idle = this.#set / 2 + IDLE;
    for (let slot = from; slot < to; slot += 1) {
      if (this.values[idle + slot]! > nowMs) continue;
      this.#write(slot, this.#hash.low, this.#hash.high);
      return slot;
    }
    return null;
  }

  /** Numbers first and name last: a worker that dies in between leaves a slot that is nobody's. */
  #write(slot: number, low: number, high: number): void {
    this.#cells[this.#set + LOW + slot] = 0;
    this.#cells[this.#set + HIGH + slot] = 0;
    this.values[this.#set / 2 + IDLE + slot] = 0;
    const times = this.#set / 2 + TIMES + slot * LIMITS_MAX;
    for (let i = times; i < times + LIMITS_MAX; i += 1) this.values[i] = 0;
    this.#cells[this.#set + LOW + slot] = low;
    this.#cells[this.#set + HIGH + slot] = high;
  }

  #shared(windows: readonly LimitWindow[], nowMs: number): number {
    this.#hashWindows(windows);
    return this.#find(SLOTS, ALL_SLOTS) ?? this.#claim(SLOTS, ALL_SLOTS, nowMs) ?? this.#takeOver(windows, nowMs);
  }

  /**
   * More kinds of windows than shared slots, in a set that is full: one slot passes from one kind to the other with what is in
   * it, which is never more than the new one's own measure, or it could be refused for as long as the other one lasts.
   */
  #takeOver(windows: readonly LimitWindow[], nowMs: number): number {
    const slot = SLOTS + ((this.#hash.low >>> 0) % SHARED_SLOTS);
    const place = this.#placeOf(slot);
    const leftMs = this.idleAtMs - nowMs;
    this.#write(slot, this.#hash.low, this.#hash.high);
    for (const [i, { requests, periodMs, burst }] of windows.entries()) {
      const perMs = requests / periodMs;
      this.values[place + i] = nowMs * perMs + Math.min(leftMs * perMs, burst + 1);
    }
    this.idleAtMs = nowMs + leftMs;
    return slot;
  }

  #hashWindows(windows: readonly LimitWindow[]): void {
    this.#hash.digest(windows.map(({ requests, periodMs, burst }) => `${requests}/${periodMs}+${burst}`).join(' '));
  }
}
