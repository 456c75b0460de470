import { SharedWindow } from '../lib/shared-window.ts';
import { SlotField, type Slot } from '../lib/slots.ts';

/** Retries that a window always allows: an upstream with little traffic needs them as much as another. */
const RETRIES_MIN = 3;
const WINDOW_SECONDS = 10;

/**
 * How many retries an upstream may have, over all workers: a share of its requests of the last ten
 * seconds, and {@link RETRIES_MIN} always. With a share of 20 % the attempts of a window with 15
 * requests and more are at most 1.2 times its requests, whatever fails.
 */
export class RetryBudget {
  readonly #share: number;
  /** First: requests. Second: retries. */
  readonly #window: SharedWindow;

  /** @param share 0 to 1. @param upstream the upstream's own slot. */
  constructor(share: number, upstream: Slot) {
    this.#share = share;
    this.#window = new SharedWindow(upstream, SlotField.Window);
  }

  /** A request came in; its retries are not requests. */
  countRequest(second: number): void {
    this.#window.add(second, 1, 0, 0);
  }

  /** True takes one retry from the budget. Counted first and asked then, so that two workers cannot both take the last. */
  take(second: number): boolean {
    this.#window.add(second, 0, 1, 0);
    const { first: requests, second: retries } = this.#window.sum(second, WINDOW_SECONDS);
    if (retries <= RETRIES_MIN || retries <= this.#share * requests) return true;
    this.#window.add(second, 0, -1, 0);
    return false;
  }
}
