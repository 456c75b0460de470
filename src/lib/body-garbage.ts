import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Of bodies that came through, after which their buffers are looked after. */
const COLLECT_EVERY_BYTES = 16 * 1024 * 1024;

/** Below this, giving memory back costs as much as leaving it to the collector. */
const AT_ONCE_BYTES = 4 * 1024;

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

  /**
   * Takes a piece that nobody will look at again. Memory that is its alone goes back at once, while the processor
   * still has it at hand for the next piece; what shares its memory with others is left to the collector.
   */
  free(piece: Buffer): void {
    const memory = piece.buffer;
    if (piece.length >= AT_ONCE_BYTES && piece.length === memory.byteLength && memory instanceof ArrayBuffer) memory.transfer(0);
    else this.add(piece.length);
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
