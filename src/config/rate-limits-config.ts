/** Where the requests of `rateLimit` are counted. Plain data. */
export interface RateLimitsConfig {
  /** Holds the password. Null: in the memory of this process. */
  readonly redisUrl: string | null;
  /** What happens while Redis cannot be used: each gateway counts for itself, requests pass uncounted, or get 503. */
  readonly onStoreDown: 'local' | 'allow' | 'deny';
  /** How long a request waits for Redis. */
  readonly timeoutMs: number;
  /** What the keys in Redis begin with, without the colon. */
  readonly prefix: string;
  /** Keys that are counted in memory at the same time. */
  readonly keysMax: number;
}
