/** A request that waits for a member: for one to become available, or for one to have a place. */
export interface Waiter {
  /** Look again; whoever finds nothing keeps its place in the queue, whoever finds something leaves. */
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

  /** Whoever waits here already keeps its place. @returns false: it is full. */
  enter(waiter: Waiter): boolean {
    if (!this.#waiting.has(waiter) && this.#waiting.size >= this.#queueMax) return false;
    this.#waiting.add(waiter);
    return true;
  }

  leave(waiter: Waiter): void {
    this.#waiting.delete(waiter);
  }

  /** One place has become free: the first in the queue may have it. */
  callOne(): void {
    const [first] = this.#waiting;
    first?.onTurn();
  }

  /** Everything may have changed: all look again, in the order they came, until so many have found something. @returns how many have. */
  callAll(foundMax = Infinity): number {
    let found = 0;
    let left = this.#waiting.size;
    for (const waiter of this.#waiting) {
      if (left === 0 || found >= foundMax) break;
      left -= 1;
      waiter.onTurn();
      if (!this.#waiting.has(waiter)) found += 1;
    }
    return found;
  }
}
