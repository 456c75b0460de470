/** Rate limits as the operator reaches them. The store of limits implements it. */
export interface LimitDesk {
  /** What is counted under a key: an address, the name of an API key, whatever limits are kept by. */
  find(key: string): Promise<readonly LimitState[]>;
  /** Forgets a key, so that its client may begin anew. @returns how many counts there were. */
  clear(key: string): Promise<number>;
}

/** One count of a key. */
export interface LimitState {
  /** Id of the route, or the zone that several routes share. */
  readonly scope: string;
  /** As people write it: `10/min`. */
  readonly limit: string;
  /** Requests that could come at once right now. */
  readonly remaining: number;
  /** Until the next one is let through; 0 where that is now. */
  readonly retryAfterMs: number;
}
