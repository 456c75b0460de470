/** What a node knows, side by side so that one look fetches both: the least load below it, and what those who have it weigh together. */
const LOAD = 0;
const WEIGHT = 1;
const FIELDS = 2;

/**
 * Who of many has the least load, found and kept up to date in as many steps as their number has binary
 * digits: a complete binary tree of which the root is node 1, and the children of n are 2n and 2n + 1. It
 * knows what equals weigh, so that they can have their turns by weight without being looked at.
 */
export class LoadTree {
  /** How many there are room for, which is also the first leaf's number. */
  readonly #leaves: number;
  readonly #nodes: Float64Array;

  /** Nobody has a load yet, and so nobody can be found. */
  constructor(weights: readonly number[]) {
    this.#leaves = 2 ** Math.ceil(Math.log2(Math.max(1, weights.length)));
    this.#nodes = new Float64Array(2 * FIELDS * this.#leaves);
    for (let node = 1; node < 2 * this.#leaves; node += 1) this.#nodes[node * FIELDS + LOAD] = Infinity;
    for (const [position, weight] of weights.entries()) this.#nodes[(this.#leaves + position) * FIELDS + WEIGHT] = weight;
  }

  loadOf(position: number): number {
    return this.#nodes[(this.#leaves + position) * FIELDS + LOAD]!;
  }

  /** @param load Infinity: not to be found. */
  set(position: number, load: number): void {
    const leaf = this.#leaves + position;
    if (this.#nodes[leaf * FIELDS + LOAD] === load) return;
    this.#nodes[leaf * FIELDS + LOAD] = load;
    for (let node = leaf >> 1; node > 0 && this.#join(node); node >>= 1);
  }

  /** Faster than one by one where most have changed. */
  setAll(loads: Float64Array): void {
    for (let i = 0; i < loads.length; i += 1) this.#nodes[(this.#leaves + i) * FIELDS + LOAD] = loads[i]!;
    for (let node = this.#leaves - 1; node > 0; node -= 1) this.#join(node);
  }

  /**
   * Position of the one with the least load; -1 where there is none.
   * @param turn asked only where several have it: 0 ≤ x < 1, and each has a stretch of that as long as it weighs.
   */
  least(turn: () => number): number {
    const [nodes, leaves] = [this.#nodes, this.#leaves];
    if (nodes[FIELDS + LOAD] === Infinity) return -1;
    let left = -1;
    let node = 1;
    while (node < leaves) {
      const a = 2 * node * FIELDS;
      const [loadA, loadB] = [nodes[a + LOAD]!, nodes[a + FIELDS + LOAD]!];
      if (loadA !== loadB) {
        node = 2 * node + (loadA < loadB ? 0 : 1);
        continue;
      }
      // All who are equal are below the first node whose sides are.
      if (left === -1) left = Math.floor(turn() * nodes[node * FIELDS + WEIGHT]!);
      const weightA = nodes[a + WEIGHT]!;
      node = 2 * node + (left < weightA ? 0 : 1);
      if (left >= weightA) left -= weightA;
    }
    return node - leaves;
  }

  /** @returns whether the node has changed. */
  #join(node: number): boolean {
    const nodes = this.#nodes;
    const [at, a] = [node * FIELDS, 2 * node * FIELDS];
    const b = a + FIELDS;
    let load = nodes[a + LOAD]!;
    let weight = nodes[a + WEIGHT]!;
    const other = nodes[b + LOAD]!;
    if (other < load) {
      load = other;
      weight = nodes[b + WEIGHT]!;
    } else if (other === load) weight += nodes[b + WEIGHT]!;
    if (nodes[at + LOAD] === load && nodes[at + WEIGHT] === weight) return false;
    nodes[at + LOAD] = load;
    nodes[at + WEIGHT] = weight;
    return true;
  }
}
