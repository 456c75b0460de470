/**
 * Counters in shared memory, exact over all threads without a message (DESIGN: process model).
 *
 * Memory is a table with a row per worker; the first one is nobody's and stays empty. What a worker counts
 * (connections, requests in flight) goes to its own row, so that the row of a worker that died can be cleared
 * and its counts are gone with it; a total is the sum of the column.
 */
export interface SharedCellsLayout {
  readonly memory: SharedArrayBuffer;
  readonly rows: number;
  readonly columns: number;
}

/** Column names of the cells a generation uses; made by the control plane, sent to every worker. */
export type CellIndex = Readonly<Record<string, number>>;

/** @param workersMax workers that may live at once; @param columns cells at most. 4 bytes each. */
export function createSharedCells(workersMax: number, columns: number): SharedCellsLayout {
  const rows = workersMax + 1;
  const memory = new SharedArrayBuffer(rows * columns * Int32Array.BYTES_PER_ELEMENT);
  return { memory, rows, columns };
}

/** A count that dies with the worker that made it. */
export class Counter {
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #own: number;
  readonly #column: number;
  readonly #stride: number;

  constructor(cells: Int32Array<SharedArrayBuffer>, own: number, column: number, stride: number) {
    this.#cells = cells;
    this.#own = own;
    this.#column = column;
    this.#stride = stride;
  }

  add(delta: number): void {
    Atomics.add(this.#cells, this.#own, delta);
  }

  /** Adds one unless the total of all workers has reached `max`; false where it has. */
  tryAdd(max: number): boolean {
    Atomics.add(this.#cells, this.#own, 1);
    if (this.total() <= max) return true;
    Atomics.sub(this.#cells, this.#own, 1);
    return false;
  }

  total(): number {
    let sum = 0;
    for (let i = this.#column; i < this.#cells.length; i += this.#stride) sum += Atomics.load(this.#cells, i);
    return sum;
  }
}

/** One thread's view of the table. */
export class SharedCells {
  readonly #layout: SharedCellsLayout;
  readonly #cells: Int32Array<SharedArrayBuffer>;
  readonly #row: number;

  /** @param worker 1-based number of the worker whose row is written; 0 for the control plane, which only reads. */
  constructor(layout: SharedCellsLayout, worker: number) {
    if (worker >= layout.rows) throw new RangeError(`worker ${worker} of ${layout.rows - 1}`);
    this.#layout = layout;
    this.#cells = new Int32Array(layout.memory);
    this.#row = worker;
  }

  counter(index: CellIndex, name: string): Counter {
    const column = this.#column(index, name);
    return new Counter(this.#cells, this.#row * this.#layout.columns + column, column, this.#layout.columns);
  }

  /** Forgets what a worker that ended had counted. */
  clearRow(worker: number): void {
    const start = worker * this.#layout.columns;
    for (let i = start; i < start + this.#layout.columns; i += 1) Atomics.store(this.#cells, i, 0);
  }

  /** Sets a cell to zero for everybody, before its column is given to another name. */
  clearColumn(column: number): void {
    for (let i = column; i < this.#cells.length; i += this.#layout.columns) Atomics.store(this.#cells, i, 0);
  }

  #column(index: CellIndex, name: string): number {
    const column = index[name];
    if (column === undefined) throw new Error(`no shared cell was set aside for ${name}`);
    return column;
  }
}
