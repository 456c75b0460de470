import { setImmediate as nextTurn } from 'node:timers/promises';

/** Counts how often something is done in one turn of the event loop; a turn is the way from one check phase to the next. */
export class TurnMeter {
  /** The most in one turn so far. */
  most = 0;
  #now = 0;
  #isOver = false;

  async run<T>(work: () => Promise<T>): Promise<T> {
    const watch = this.#watch();
    try {
      return await work();
    } finally {
      this.#isOver = true;
      await watch;
    }
  }

  /** The items, counted as they are taken. */
  *counted<T>(items: Iterable<T>): Generator<T> {
    for (const item of items) {
      this.count();
      yield item;
    }
  }

  count(): void {
    this.#now += 1;
    this.most = Math.max(this.most, this.#now);
  }

  async #watch(): Promise<void> {
    this.#now = 0;
    if (this.#isOver) return;
    await nextTurn();
    await this.#watch();
  }
}
