/** Who owns which slot of a table: a name keeps its number from its first `take` to its `free`. */
export class SlotNames {
  readonly #count: number;
  readonly #clear: (slot: number) => void;
  readonly #byName = new Map<string, number>();
  readonly #free: number[] = [];
  #next = 0;

  /** @param clear called with a slot before it is given to a new name. */
  constructor(count: number, clear: (slot: number) => void) {
    this.#count = count;
    this.#clear = clear;
  }

  /**
   * The slot of a name; the same one again where it has one.
   * @throws RangeError where all slots are taken; nothing changes then.
   */
  take(name: string): number {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    if (this.#byName.size >= this.#count) throw new RangeError(`all ${this.#count} slots are taken, none is left for "${name}"`);
    const slot = this.#free.pop() ?? this.#next++;
    this.#clear(slot);
    this.#byName.set(name, slot);
    return slot;
  }

  free(name: string): void {
    const slot = this.#byName.get(name);
    if (slot === undefined) return;
    this.#byName.delete(name);
    this.#free.push(slot);
  }
}
