import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Of bodies that came through, after which their buffers are looked after. */
const COLLECT_EVERY_BYTES = 16 * 1024 * 1024;

type CollectGarbage = (options: { readonly type: 'minor' }) => void;

/**
 * Node hands over every piece of a request's body in memory of its own, outside the heap. V8 sees little
 * of it and lets 64 MiB pile up before it looks. The buffers are dead at once, so a collection of the young
 * generation, a fraction of a millisecond, gives them back.
 */
export class BodyGarbage {
  readonly #collect: CollectGarbage;
  #bytes = 0;

  constructor(collect: CollectGarbage = exposedGc()) {
    this.#collect = collect;
  }

  /** Counts bytes that were passed on. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < COLLECT_EVERY_BYTES) return;
    this.#bytes = 0;
    this.#collect({ type: 'minor' });
  }
}

/** The collector is there in every V8; only its name in new contexts depends on the flag. */
function exposedGc(): CollectGarbage {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as CollectGarbage;
}
