/** How a configuration takes the place of the one before. Plain data. */
export interface ReloadConfig {
  /** A change of the files it is read from is enough. */
  readonly watch: boolean;
  /** Null: what was taken over is in force for good. */
  readonly guard: GuardConfig | null;
}

/** What a new generation must not do worse than the old one, and for how long. */
export interface GuardConfig {
  readonly forMs: number;
  /** By how much the share of failed requests may rise, 0 to 1. */
  readonly errorRise: number;
  /** How many times the 95th percentile of the old one is too slow; Infinity: slowness does not count. */
  readonly p95Factor: number;
  /** Of the new generation; with fewer nothing is judged. */
  readonly requestsMin: number;
}
