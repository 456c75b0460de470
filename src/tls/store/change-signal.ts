import type { StoreServices } from './certificate-store.ts';

/** Long enough to gather the events of one save, short enough for a challenge that a CA is about to ask for. */
const GATHER_MS = 200;

/** Many hints of a change become one call, soon after the first of them. */
export class ChangeSignal {
  readonly #services: StoreServices;
  readonly #onChange: () => void;
  #stopWaiting: (() => void) | null = null;
  #isClosed = false;

  constructor(onChange: () => void, services: StoreServices) {
    this.#onChange = onChange;
    this.#services = services;
  }

  hint(): void {
    if (this.#isClosed) return;
    this.#stopWaiting ??= this.#services.clock.every(GATHER_MS, () => this.#tell());
  }

  close(): void {
    this.#isClosed = true;
    this.#rest();
  }

  #tell(): void {
    this.#rest();
    try {
      this.#onChange();
    } catch (error) {
      this.#services.logger.warn('a change of the certificate store could not be taken up', { error });
    }
  }

  #rest(): void {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
  }
}
