import { randomHex } from '../../lib/random-hex.ts';
import type { Decision } from '../metrics/outcome.ts';
import { SAMPLED } from './trace-context.ts';

const SPAN_DIGITS = 16;
const NONE: readonly Decision[] = [];

/** Whom an attempt asks, and when it began. */
interface AttemptStart {
  readonly member: string;
  readonly host: string;
  /** 0: a unix socket. */
  readonly port: number;
  readonly secure: boolean;
  readonly isH2: boolean;
  /** As the upstream gets it, without the query. */
  readonly path: string;
  readonly startMs: number;
}

/** One attempt as a span of the trace. Times in ms since the beginning of the exchange, -1: did not happen. */
export class AttemptTrace {
  readonly spanId = randomHex(SPAN_DIGITS);
  readonly start: AttemptStart;
  /** What the upstream is told: this attempt is its parent. */
  readonly traceparent: string;
  /** Passed on with it; '' without. */
  readonly tracestate: string;
  /** It will be exported. */
  readonly isRecorded: boolean;
  isHedge = false;
  connectMs = -1;
  headMs = -1;
  endMs = -1;
  status = 0;
  errorCode = '';

  constructor({ id, flags, state, attempts }: Trace, start: AttemptStart) {
    this.start = start;
    this.traceparent = `00-${id}-${this.spanId}-0${flags}`;
    this.tracestate = state;
    this.isRecorded = attempts !== null;
  }

  connected(ms: number): void {
    this.connectMs = ms;
  }

  /** The head of the answer has come, or `told` says why there will be no more of it. */
  settled(told: number | string, ms: number): void {
    if (typeof told === 'string') {
      this.errorCode = told;
      this.ended(ms);
    } else if (told > 0) {
      this.status = told;
      this.headMs = ms;
    }
  }

  /** The first end counts. */
  ended(ms: number): void {
    if (this.endMs < 0) this.endMs = ms;
  }
}

/** The place of one request in its trace (W3C Trace Context). */
export class Trace {
  readonly id: string;
  /** What called us; '' where the trace begins here. */
  readonly parentSpanId: string;
  /** Ours, as a server. */
  readonly spanId = randomHex(SPAN_DIGITS);
  readonly flags: number;
  /** `tracestate`, passed on as it came; '' without one. */
  readonly state: string;
  /** Null: nothing of it is exported. */
  readonly attempts: AttemptTrace[] | null;
  #decisions: Decision[] | null = null;

  /** @param records spans are wanted here, if the flags say that this trace is sampled. */
  constructor(id: string, parentSpanId: string, flags: number, state: string, records: boolean) {
    this.id = id;
    this.parentSpanId = parentSpanId;
    this.flags = flags;
    this.state = state;
    this.attempts = records && (flags & SAMPLED) !== 0 ? [] : null;
  }

  begin(start: AttemptStart): AttemptTrace {
    const attempt = new AttemptTrace(this, start);
    this.attempts?.push(attempt);
    return attempt;
  }

  /** What a policy has decided about this request. For the span, beside what it tells the metrics. */
  note(decision: Decision): void {
    if (this.attempts !== null) (this.#decisions ??= []).push(decision);
  }

  /** The last one of each kind, because a span has an attribute once. */
  get decisions(): readonly Decision[] {
    const all = this.#decisions ?? NONE;
    return all.length < 2 ? all : all.filter(({ kind }, index) => !all.slice(index + 1).some((later) => later.kind === kind));
  }
}
