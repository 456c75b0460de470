import type { Clock } from '../../lib/clock.ts';
import type { Encoding } from './encoding.ts';

/**
 * Up to this length a body is compressed at once, in one piece: for 10 KB of JSON 46 µs with gzip, 63 with br, 30 with zstd. By
 * way of the thread pool it is 30 for the worker, but 70 to 104 for the processor (test/bench/micro/compression.bench.ts).
 */
export const WHOLE_BYTES_MAX = 16 * 1024;

/** One answer and how it is to be compressed. */
export interface Compression {
  readonly encoding: Encoding;
  /** Bytes of the body before it is compressed, -1 where unknown. */
  readonly bytes: number;
  /** An event stream: everything goes out as soon as it has come. */
  readonly isLive: boolean;
  readonly clock: Clock;
  /** Asked where the answer could do without an encoder at first; false: later perhaps. */
  readonly takeSeat: () => boolean;
  /** The encoder is not needed any more. */
  readonly freeSeat: () => void;
}

/** Whether an answer is short, and known to be, so that it can wait until all of it is there. */
export function isWhole({ bytes, isLive }: Pick<Compression, 'bytes' | 'isLive'>): boolean {
  return bytes !== -1 && bytes <= WHOLE_BYTES_MAX && !isLive;
}
