/** What is done about traces (W3C Trace Context). Plain data. */
export interface TracesConfig {
  /** What a client that is no trusted proxy decides: the id of the trace and whether it is recorded, the id only, or nothing. */
  readonly trustClients: 'all' | 'ids' | 'none';
  /** Share of the traces that are decided about here and are recorded, 0 to 1. */
  readonly sample: number;
  /** Null: spans are not exported. */
  readonly collector: CollectorConfig | null;
}

/** Where spans go: OTLP over HTTP. */
export interface CollectorConfig {
  /** With the path that takes spans. */
  readonly url: string;
  /** May hold secrets. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly service: string;
  readonly timeoutMs: number;
  /** That wait to be sent, in one worker. */
  readonly spansMax: number;
  /** Spans say who the client is, as policies have recognised it. */
  readonly user: boolean;
}
