export interface GeneratorTask {
  readonly kind: 'open-loop' | 'echo' | 'events' | 'handshakes' | 'idle';
  readonly port: number;
  readonly seconds: number;
  readonly connections: number;
  readonly path: string;
  /** Of `open-loop`. */
  readonly perSecond: number;
  /** Of `handshakes`: with a session from before. */
  readonly resumed: boolean;
}

export interface GeneratorResult {
  readonly count: number;
  readonly failed: number;
  readonly seconds: number;
  /** Of `open-loop`. */
  readonly latency?: Latency;
  /** Of `idle`: why there are not as many as wished. */
  readonly reason?: string;
  /** The process goes on. */
  readonly stays?: boolean;
}

/** In milliseconds from the time at which a request was due. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** How late the generator itself sent, at the 99th percentile. */
  readonly sentP99: number;
}
