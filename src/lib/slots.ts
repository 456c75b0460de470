import { createReturnsMemory, SlotReturns } from './slot-returns.ts';

/**
 * Shared memory for what workers and control plane know together of a member or an upstream: a table of
 * slots with fixed fields. In-flight counts are kept twice, as a total and per worker, so that what a
 * dead worker had in flight can be taken back.
 */
export const SLOTS_MAX = 4096;
const SLOT_FIELDS = 64;

/** Where each fact stands in a slot. Times are ticks: tenths of a second since `SlotMemory.originMs`; 0 is "never". */
export const SlotField = {
  /** {@link Mode} */
  Mode: 0,
  /** 1: the active check fails. */
  Unhealthy: 1,
  EjectedUntil: 2,
  /** Ejections in a row. */
  Ejections: 3,
  FailuresInRow: 4,
  /** {@link Breaker} */
  Breaker: 5,
  BreakerUntil: 6,
  ProbesLeft: 7,
  SlowStartFrom: 8,
  InFlight: 9,
  /** Why the state changed last: {@link Reason} */
  Reason: 10,
  ChangedAt: 11,
  Requests: 12,
  Failures: 13,
  /** Connection failures within the fail time-out, and when that began (nginx: max_fails). */
  Fails: 14,
  FailsSince: 15,
  /** Upstream slots: goes up whenever the list of eligible members may have changed. */
  Epoch: 16,
  /** Upstream slots: members ejected at present. */
  EjectedCount: 17,
  /** Upstream slots: round-robin cursor. */
  Cursor: 18,
  /** 1: places given back are announced, because somebody keeps the members in order of their load. */
  AnnouncesReturns: 19,
  /** First of the 43 cells of a window of ten seconds; see shared-window.ts. */
  Window: 20,
  /** Times it was taken out, in all. */
  EjectionsTotal: 63,
} as const;

export const Mode = { Up: 0, Drain: 1, Down: 2 } as const;
export const Breaker = { Closed: 0, Open: 1, HalfOpen: 2 } as const;

/** Why a member's state changed; the control plane puts it in words. */
export const Reason = {
  None: 0,
  CheckFailed: 1,
  CheckPassed: 2,
  FailuresInRow: 3,
  ConnectFailed: 4,
  ErrorRate: 5,
  SlowCalls: 6,
  TimeServed: 7,
  ProbesPassed: 8,
  ProbeFailed: 9,
  Operator: 10,
} as const;

export interface SlotMemory {
  readonly table: SharedArrayBuffer;
  /** In flight per worker and slot. */
  readonly inFlight: SharedArrayBuffer;
  /** See slot-returns.ts. */
  readonly returns: SharedArrayBuffer;
  /** Epoch milliseconds of tick 0. */
  readonly originMs: number;
}

export function createSlotMemory(workersMax: number, originMs: number): SlotMemory {
  return {
    table: new SharedArrayBuffer(SLOTS_MAX * SLOT_FIELDS * Int32Array.BYTES_PER_ELEMENT),
    inFlight: new SharedArrayBuffer((workersMax + 1) * SLOTS_MAX * Int32Array.BYTES_PER_ELEMENT),
    returns: createReturnsMemory(),
    originMs,
  };
}

/** One thread's view of all slots. */
export class Slots {
  readonly cells: Int32Array<SharedArrayBuffer>;
  readonly #inFlight: Int32Array<SharedArrayBuffer>;
  readonly #returns: SlotReturns;
  readonly #row: number;
  readonly #originMs: number;

  /**
   * @param worker 1-based; 0 for the control plane.
   * @throws RangeError where the memory has no row for the worker.
   */
  constructor(memory: SlotMemory, worker: number) {
    const rows = memory.inFlight.byteLength / (SLOTS_MAX * Int32Array.BYTES_PER_ELEMENT);
    if (worker >= rows) throw new RangeError(`worker ${worker} of ${rows - 1}`);
    this.cells = new Int32Array(memory.table);
    this.#inFlight = new Int32Array(memory.inFlight);
    this.#returns = new SlotReturns(memory.returns);
    this.#row = worker * SLOTS_MAX;
    this.#originMs = memory.originMs;
  }

  /** At least 1, so that 0 can mean never. */
  tickOf(nowMs: number): number {
    return Math.max(1, Math.floor((nowMs - this.#originMs) / 100));
  }

  msOf(tick: number): number {
    return this.#originMs + tick * 100;
  }

  /** @throws RangeError where there is no such slot: its cells would be another worker's. */
  slot(number: number): Slot {
    if (number < 0 || number >= SLOTS_MAX) throw new RangeError(`slot ${number} of ${SLOTS_MAX}`);
    return new Slot(this.cells, number, this.#inFlight, this.#row, this.#returns);
  }

  /** Takes back what a worker that ended had in flight. */
  forgetWorker(worker: number): void {
    const start = worker * SLOTS_MAX;
    for (let i = 0; i < SLOTS_MAX; i += 1) {
      const had = Atomics.exchange(this.#inFlight, start + i, 0);
      if (had !== 0) Atomics.sub(this.cells, i * SLOT_FIELDS + SlotField.InFlight, had);
    }
    this.#returns.announceAll();
  }

  /** Makes a slot as new, before it is given to another name: what workers had in flight there goes too, or it would be taken back from the new one. */
  clear(number: number): void {
    for (let i = number; i < this.#inFlight.length; i += SLOTS_MAX) Atomics.store(this.#inFlight, i, 0);
    for (let i = 0; i < SLOT_FIELDS; i += 1) Atomics.store(this.cells, number * SLOT_FIELDS + i, 0);
  }
}

/** One slot: named access to its fields. */
export class Slot {
  readonly cells: Int32Array<SharedArrayBuffer>;
  readonly number: number;
  /** Index of its first field in `cells`. */
  readonly base: number;
  /** Of the memory it is in. */
  readonly returns: SlotReturns;
  readonly #inFlight: Int32Array<SharedArrayBuffer>;
  readonly #own: number;

  /** @param row where the worker's own counts begin. */
  constructor(cells: Int32Array<SharedArrayBuffer>, number: number, inFlight: Int32Array<SharedArrayBuffer>, row: number, returns: SlotReturns) {
    this.cells = cells;
    this.number = number;
    this.base = number * SLOT_FIELDS;
    this.returns = returns;
    this.#inFlight = inFlight;
    this.#own = row + number;
  }

  load(field: number): number {
    return Atomics.load(this.cells, this.base + field);
  }

  store(field: number, value: number): void {
    Atomics.store(this.cells, this.base + field, value);
  }

  /** @returns the value after the addition. */
  add(field: number, delta: number): number {
    return Atomics.add(this.cells, this.base + field, delta) + delta;
  }

  /** Sets a field only if it still has the value expected; true where it had. */
  swap(field: number, expected: number, value: number): boolean {
    return Atomics.compareExchange(this.cells, this.base + field, expected, value) === expected;
  }

  /** Requests in flight, over all workers. */
  get inFlight(): number {
    return this.load(SlotField.InFlight);
  }

  /** @returns the total after the addition. */
  addInFlight(delta: number): number {
    Atomics.add(this.#inFlight, this.#own, delta);
    const total = this.add(SlotField.InFlight, delta);
    // A plain read is enough after the addition: see below.
    if (delta < 0 && this.cells[this.base + SlotField.AnnouncesReturns] === 1) this.returns.announce(this.number);
    return total;
  }

  /**
   * From now on, and until the slot is another's, places given back are announced, by all threads. Adding
   * nothing to the count parts them: those before are in it, and those after it know of this.
   */
  announceReturns(): void {
    this.store(SlotField.AnnouncesReturns, 1);
    this.add(SlotField.InFlight, 0);
  }
}
