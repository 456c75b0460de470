import type { Exchange } from '../../exchange/exchange.ts';
import type { Clock } from '../../lib/clock.ts';

/** Where requests that are ahead of the steady rate wait for their turn; so many at once. */
export class DelayRoom {
  readonly #clock: Pick<Clock, 'every'>;
  readonly #max: number;
  #waiting = 0;

  constructor(clock: Pick<Clock, 'every'>, max: number) {
    this.#clock = clock;
    this.#max = max;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get isFull(): boolean {
    return this.#waiting >= this.#max;
  }

  /** Resolves after `ms`, or when the client has gone: then its place is free at once. */
  async wait(exchange: Exchange, ms: number): Promise<void> {
    this.#waiting += 1;
    await new Promise<void>((resolve) => {
      const stop = this.#clock.every(Math.ceil(ms), () => finish());
      let isOver = false;
      const finish = (): void => {
        if (isOver) return;
        isOver = true;
        stop();
        this.#waiting -= 1;
        resolve();
      };
      exchange.whenEnded(finish);
    });
  }
}
