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
  /** Of `open-loop`, in ms from the time at which a request was due. */
  readonly latency?: Latency;
  /** The process goes on. */
  readonly stays?: boolean;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}
