import type { TracesConfig } from '../config/traces-config.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { randomHex } from '../lib/random-hex.ts';
import { Trace } from '../observe/traces/trace.ts';
import { cleanTracestate, parseTraceparent, RANDOM, SAMPLED } from '../observe/traces/trace-context.ts';

const TRACE_DIGITS = 32;
/** The last 56 bits of an id are random (W3C Trace Context Level 2 §3.2.2.5.2); the first 32 of them decide. */
const DECIDING_FROM = 18;
const DECIDING_DIGITS = 8;
const DECISIONS = 2 ** 32;

/** Where requests enter a trace: the one that their caller names, or a new one. */
export class TraceEntry {
  readonly #trustClients: TracesConfig['trustClients'];
  readonly #records: boolean;
  /** Those are sampled whose deciding bits are at or above. */
  readonly #threshold: number;

  constructor({ trustClients, sample, collector }: TracesConfig) {
    this.#trustClients = trustClients;
    this.#records = collector !== null;
    this.#threshold = Math.round((1 - sample) * DECISIONS);
  }

  /** `peerTrusted` must be known. */
  begin(exchange: Exchange): void {
    const { head, peerTrusted } = exchange;
    const trust = peerTrusted ? 'all' : this.#trustClients;
    const parent = trust === 'none' || head.traceparentCount !== 1 ? null : parseTraceparent(head.traceparent);
    let trace: Trace;
    if (parent === null) {
      const id = randomHex(TRACE_DIGITS);
      trace = new Trace(id, '', RANDOM | this.#sampled(id), '', this.#records);
    } else {
      // A stranger could name ids that are always sampled, so chance decides about those.
      const sampled = trust === 'all' ? parent.flags & SAMPLED : this.#sampled('');
      trace = new Trace(parent.traceId, parent.spanId, (parent.flags & RANDOM) | sampled, cleanTracestate(head.tracestate), this.#records);
    }
    exchange.trace = trace;
    exchange.traceId = trace.id;
  }

  /** @param id that decides; '': none does. */
  #sampled(id: string): number {
    if (this.#threshold === 0) return SAMPLED;
    if (this.#threshold === DECISIONS) return 0;
    const digits = id === '' ? randomHex(DECIDING_DIGITS) : id.slice(DECIDING_FROM, DECIDING_FROM + DECIDING_DIGITS);
    return Number.parseInt(digits, 16) >= this.#threshold ? SAMPLED : 0;
  }
}
