import type { Load } from '../load/loads.ts';
import type { Setup } from '../peers/peer.ts';

/** Work whose cost is the processor time that a proxy takes for one unit of it. */
export interface Case {
  readonly name: string;
  /** What one unit is: a request, a message, a handshake. */
  readonly unit: string;
  readonly setup: Setup;
  /** Cases of one setup with the same code go the same way through a proxy: what the first warms up is warm for the others. */
  readonly code: string;
  readonly path: string;
  readonly load: Load;
  /** Beside nginx and Sluice. */
  readonly others: 'all' | 'none';
  /** At most this much of the time that nginx takes; null: no target. */
  readonly ratioMax: number | null;
}
