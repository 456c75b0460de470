/** A request that waits for a member: for one to become available, or for one to have a place. */
export interface Waiter {
  /** Look again; it may wait again, at the end of the queue. */
  onTurn(): void;
}

/**
 * Where the requests of one upstream wait, in one worker, in the order they came. Bounded: beyond the
 * bound they are refused at once. Whoever waits has a deadline of its own and leaves by itself.
 */
export class WaitingRoom {
  readonly #queueMax: number;
  readonly #waiting = new Set<Waiter>();

  constructor(queueMax: number) {
    this.#queueMax = queueMax;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** @returns false: it is full. */
  enter(waiter: Waiter): boolean {
    if (this.#waiting.size >= this.#queueMax) return false;
    this.#waiting.add(waiter);
    return true;
  }

  leave(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }

  /** One place has become free: the first in the queue may have it. */
  callOne(): void {
    const [first] = this.#waiting;
    if (first === undefined) return;
    this.#waiting.delete(first);
    first.onTurn();
  }

  /** Everything may have changed: all look again. Those that find nothing come back behind those who came since. */
  callAll(): void {
    if (this.#waiting.size === 0) return;
    const all = [...this.#waiting];
    this.#waiting.clear();
    for (const waiter of all) waiter.onTurn();
  }
}
