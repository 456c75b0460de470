/** Requests in a period, as GCRA counts them (ITU-T I.371): one every periodMs/requests, and `burst` beyond that at once. */
export interface LimitWindow {
  readonly requests: number;
  readonly periodMs: number;
  readonly burst: number;
}

/** One question: all windows are taken from, or none. */
export interface LimitQuestion {
  readonly key: string;
  readonly windows: readonly LimitWindow[];
}

export interface LimitVerdict {
  readonly allowed: boolean;
  /** Requests that could still come at once, of the tightest window. */
  readonly remaining: number;
  /** Until that window is full again. */
  readonly resetMs: number;
  /** When the next request would be allowed; 0 where this one was. */
  readonly retryAfterMs: number;
  /** How far the request is ahead of the steady rate, by the window in which it is furthest: how long to delay it where delaying is wanted; 0 without. */
  readonly aheadMs: number;
  /** Index of the window that all this is about: the one that refused, or has least left. */
  readonly window: number;
  /** The store that should have counted could not be asked. */
  readonly isStandIn?: boolean;
}

/** What is counted in one window of a key, as it stands while no request comes. */
export interface WindowState {
  /** Requests that could come at once. */
  readonly remaining: number;
  /** Until the next one is let through; 0 where that is now. */
  readonly retryAfterMs: number;
}

/** Counts requests, exactly, for everybody who shares it. */
export interface LimitStore {
  /** Synchronous where it can be. @throws never; a store that cannot answer rejects with LimitStoreError */
  take(question: LimitQuestion): LimitVerdict | Promise<LimitVerdict>;
  /** Undoes a `take` that was allowed: another limit has refused the request. Never throws, and need not wait. */
  giveBack?(question: LimitQuestion): void;
  /** Forgets a key (admin). @returns whether there was one. */
  clear(key: string): Promise<boolean>;
  close(): void | Promise<void>;
}
