import type { CellIndex } from './shared-cells.ts';

/**
 * Who owns which column of the shared cells. A name keeps its column for as long as any living
 * generation uses it, so that a count survives a reload where the thing counted is unchanged.
 */
export class CellNames {
  readonly #columns: number;
  readonly #clear: (column: number) => void;
  readonly #byName = new Map<string, { column: number; users: number }>();
  readonly #free: number[] = [];
  #next = 0;

  /** @param clear called with a column before it is given to a new name. */
  constructor(columns: number, clear: (column: number) => void) {
    this.#columns = columns;
    this.#clear = clear;
  }

  /** @throws RangeError where there are more names than columns; nothing is taken then. */
  take(names: Iterable<string>): CellIndex {
    const wanted = [...new Set(names)];
    const fresh = wanted.filter((name) => !this.#byName.has(name)).length;
    const left = this.#columns - this.#next + this.#free.length;
    if (fresh > left) throw new RangeError(`${fresh} shared cells wanted, ${left} left of ${this.#columns}`);
    return Object.fromEntries(wanted.map((name) => [name, this.#takeOne(name)]));
  }

  release(index: CellIndex): void {
    for (const name of Object.keys(index)) {
      const cell = this.#byName.get(name);
      if (cell === undefined) continue;
      cell.users -= 1;
      if (cell.users > 0) continue;
      this.#byName.delete(name);
      this.#free.push(cell.column);
    }
  }

  #takeOne(name: string): number {
    const known = this.#byName.get(name);
    if (known !== undefined) {
      known.users += 1;
      return known.column;
    }
    const column = this.#free.pop() ?? this.#next++;
    this.#clear(column);
    this.#byName.set(name, { column, users: 1 });
    return column;
  }
}
