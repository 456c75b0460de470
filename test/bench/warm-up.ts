import { isSteady } from './statistics.ts';
import type { Proxy } from './proxies.ts';

const ROUND_SECONDS = 1;

/** Drives each proxy until its cost is steady; what one case has warmed up, the next of the same code need not. */
export class WarmUp {
  readonly #secondsMax: number;
  readonly #warm = new WeakMap<Proxy, Set<string>>();

  constructor(secondsMax: number) {
    this.#secondsMax = secondsMax;
  }

  /** @param code names the way through the proxy. @param round runs so many seconds and gives the cost of a unit, null where nothing was done. */
  async run(proxy: Proxy, code: string, round: (seconds: number) => Promise<number | null>): Promise<void> {
    const warm = this.#warm.get(proxy) ?? new Set();
    this.#warm.set(proxy, warm);
    const costs: number[] = [];
    for (let seconds = 0; seconds < this.#secondsMax; seconds += ROUND_SECONDS) {
      const cost = await round(ROUND_SECONDS);
      // Of a compiled program, one round opens its connections and fills its caches; of one that does nothing, no round would help.
      if (cost === null || proxy.peer.compiled || warm.has(code)) break;
      costs.push(cost);
      if (isSteady(costs)) break;
    }
    warm.add(code);
  }
}
