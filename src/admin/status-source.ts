/**
 * Traffic over all workers as the status page shows it: the last hour, kept in memory in steps of a fixed length. Whoever
 * counts implements this; all answers are plain data, ready for JSON.
 */
export interface StatusSource {
  /** The last hour. */
  snapshot(): StatusSnapshot;
  /** Calls the listener about once a second, after what was counted has been added up. @returns stops the calls. */
  onSecond(listener: (second: StatusSecond) => void): () => void;
}

export interface StatusSnapshot {
  /** Length of a step. */
  readonly stepMs: number;
  /** Start of the newest step, which is still being counted; epoch milliseconds, a multiple of `stepMs`. */
  readonly stepStartMs: number;
  /** When it was counted; epoch milliseconds. */
  readonly nowMs: number;
  /** All routes together; its `route` is ''. */
  readonly all: RouteHistory;
  /** Bounded; those beyond are together in `(others)`. Requests that no route matched are in ''. */
  readonly routes: readonly RouteHistory[];
  readonly codes: readonly CodeCount[];
}

/** One number for each step, oldest first; all lists have the same length, and the last is that of the newest step. */
export interface RouteHistory {
  readonly route: string;
  readonly requests: readonly number[];
  /** Of these, answered with a status of 500 and above. */
  readonly errors: readonly number[];
  /** -1: nothing was measured. */
  readonly p50Ms: readonly number[];
  readonly p95Ms: readonly number[];
  readonly minute: TrafficCount;
}

/** Some time's requests. */
export interface TrafficCount {
  readonly requests: number;
  /** Of these, answered with a status of 500 and above. */
  readonly errors: number;
  /** -1: nothing was measured. */
  readonly p50Ms: number;
  readonly p95Ms: number;
}

/** How often an error code was the answer. Those that were not in the last hour are left out. Bounded, the frequent ones first. */
export interface CodeCount {
  readonly route: string;
  readonly code: string;
  readonly lastMinute: number;
  readonly lastHour: number;
}

/** What one more second has changed. */
export interface StatusSecond {
  readonly stepStartMs: number;
  readonly nowMs: number;
  readonly all: RouteSecond;
  /** Routes without a request in the last minute are left out. */
  readonly routes: readonly RouteSecond[];
  readonly codes: readonly CodeCount[];
}

export interface RouteSecond {
  readonly route: string;
  /** The newest step, as far as it is counted. */
  readonly step: TrafficCount;
  readonly minute: TrafficCount;
}
