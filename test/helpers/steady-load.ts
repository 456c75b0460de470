import type { Test } from 'tap';
import { Shooter, type Shot } from './shooter.ts';

const TICK_MS = 4;

/** A load that does not wait for answers: so many requests every second, whatever becomes of those before, as clients do. */
export class SteadyLoad {
  /** Noted with the requests sent from now on. */
  phase = '';
  readonly #shooter: Shooter;
  readonly #perSecond: number;
  readonly #shots: Promise<Shot>[] = [];
  #waiting: readonly { readonly count: number; readonly resolve: () => void }[] = [];
  readonly #startedMs = performance.now();
  readonly #timer: NodeJS.Timeout;

  /** Runs until `end`, at the latest until teardown. */
  static start(t: Pick<Test, 'teardown'>, port: number, perSecond: number): SteadyLoad {
    const load = new SteadyLoad(port, perSecond);
    t.teardown(() => load.#stop());
    return load;
  }

  private constructor(port: number, perSecond: number) {
    this.#shooter = new Shooter(port);
    this.#perSecond = perSecond;
    this.#timer = setInterval(() => this.#send(), TICK_MS);
  }

  /** Resolves when so many seconds' worth of requests have been sent since the start: the load is the clock of its test. */
  async reach(seconds: number): Promise<void> {
    const count = seconds * this.#perSecond;
    if (this.#shots.length >= count) return;
    await new Promise<void>((resolve) => {
      this.#waiting = [...this.#waiting, { count, resolve }];
    });
  }

  /** Sends no more. @returns every request, once each has its end. */
  async end(): Promise<Shot[]> {
    clearInterval(this.#timer);
    const shots = await Promise.all(this.#shots);
    this.#stop();
    return shots;
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#shooter.close();
  }

  #send(): void {
    const due = ((performance.now() - this.#startedMs) * this.#perSecond) / 1000;
    while (this.#shots.length < due) this.#shots.push(this.#shooter.shoot(this.phase));
    const reached = this.#waiting.filter(({ count }) => this.#shots.length >= count);
    this.#waiting = this.#waiting.filter((waiter) => !reached.includes(waiter));
    for (const { resolve } of reached) resolve();
  }
}
