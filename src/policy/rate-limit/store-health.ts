import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observe/logger.ts';

/** So many questions without an answer, one after the other, and nobody asks any more. */
const FAILURES_MAX = 3;
const PAUSE_FIRST_MS = 100;
const PAUSE_LAST_MS = 5000;
/** Whoever was well for so long is not thought to be about to fail again. */
const SETTLED_MS = 30_000;

interface StoreHealthOptions {
  /** Of the store, for logs. */
  readonly name: string;
  /** What happens meanwhile, for logs. */
  readonly meanwhile: string;
  /** Asks the store something that tells whether it can be used. @returns its problem, or '' */
  readonly probe: () => Promise<string>;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}

/**
 * Whether a store can be asked. It starts out as one that cannot, until a probe has had its answer; failures in a row or the
 * loss of its connection make it so again, and then probes alone ask it, with growing pauses. What changes is logged once.
 */
export class StoreHealth {
  /** Resolves when it is known for the first time whether the store can be used. */
  readonly known: Promise<void>;
  /** Why it cannot be used, to go on from its name. */
  problem = 'is not connected yet';
  readonly #options: StoreHealthOptions;
  readonly #onKnown: () => void;
  #isUp = false;
  #isReported = false;
  #failures = 0;
  #pauseMs = PAUSE_FIRST_MS;
  #upSinceMs = 0;
  #stopWaiting: (() => void) | null = null;
  /** Of the probe that counts; what an earlier one finds is out of date. */
  #probe = 0;
  #isClosed = false;

  constructor(options: StoreHealthOptions) {
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.known = promise;
    this.#onKnown = resolve;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  succeeded(): void {
    this.#failures = 0;
  }

  failed(problem: string): void {
    this.#failures += 1;
    if (this.#isUp && this.#failures >= FAILURES_MAX) this.lost(problem);
  }

  /** From now on it cannot be used, until a probe says otherwise. */
  lost(problem: string): void {
    if (this.#isClosed) return;
    const { clock, logger, name, meanwhile } = this.#options;
    if (this.#isUp && clock.monotonicMs() - this.#upSinceMs >= SETTLED_MS) this.#pauseMs = PAUSE_FIRST_MS;
    this.#isUp = false;
    this.problem = problem;
    if (!this.#isReported) logger.warn(`the store of limits cannot be used; ${meanwhile}`, { store: name, reason: problem });
    this.#isReported = true;
    this.#onKnown();
    this.#wait();
  }

  /** It may be there again: asks at once. */
  async look(): Promise<void> {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
    if (this.#isClosed || this.#isUp) return;
    this.#probe += 1;
    const own = this.#probe;
    const problem = await this.#options.probe();
    if (own !== this.#probe || this.#isClosed || this.#isUp) return;
    if (problem === '') this.#found();
    else this.lost(problem);
  }

  close(): void {
    this.#isClosed = true;
    this.#isUp = false;
    this.#stopWaiting?.();
    this.#onKnown();
  }

  #found(): void {
    const { clock, logger, name } = this.#options;
    this.#isUp = true;
    this.#failures = 0;
    this.#upSinceMs = clock.monotonicMs();
    if (this.#isReported) logger.info('the store of limits can be used again', { store: name });
    this.#isReported = false;
    this.#onKnown();
  }

  /** A little at random, so that many workers do not ask in step. */
  #wait(): void {
    const { clock, random } = this.#options;
    if (this.#stopWaiting !== null) return;
    this.#stopWaiting = clock.every(this.#pauseMs * (0.75 + random() / 2), () => void this.look());
    this.#pauseMs = Math.min(this.#pauseMs * 2, PAUSE_LAST_MS);
  }
}
