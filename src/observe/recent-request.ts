/**
 * One request that has ended, as the operator is shown it; the names are those of the access log. Plain data, with
 * personal data masked. Times in ms, null: did not happen; a text that does not exist is ''.
 */
export interface RecentRequest {
  /** Of the start, ISO 8601. */
  readonly time: string;
  /** Epoch milliseconds of the end, by which the requests of several workers are put in order. */
  readonly endedAtMs: number;
  readonly requestId: string;
  /** Id of its trace. */
  readonly trace: string;
  readonly method: string;
  readonly scheme: 'http' | 'https';
  readonly host: string;
  /** With its query. */
  readonly path: string;
  readonly protocol: string;
  readonly tls: string;
  readonly status: number;
  readonly code: string;
  /** What was behind the code, in words. */
  readonly reason: string;
  readonly client: string;
  readonly route: string;
  readonly upstream: string;
  readonly target: string;
  readonly attempts: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly requestMs: number | null;
  readonly connectMs: number | null;
  readonly headMs: number | null;
  readonly responseMs: number | null;
  readonly userAgent: string;
  readonly referer: string;
  readonly upgrade: string;
}

/** Which requests somebody wants to see: all that have everything that is not null. Plain data, which goes to workers. */
export interface RequestFilter {
  /** Id of a route. */
  readonly route: string | null;
  /** First and last of them. */
  readonly status: readonly [from: number, to: number] | null;
  /** An error code. */
  readonly code: string | null;
  /** Took at least so long. */
  readonly slowMs: number | null;
  /** Address of the client; compared as it is shown, so that a mask hides it here, too. */
  readonly client: string | null;
}

/** A question to one worker. */
export interface RecentQuery {
  readonly filter: RequestFilter;
  /** Only what ended after this many requests of the worker. */
  readonly after: number;
  /** At most so many, the youngest of them. */
  readonly count: number;
}

export interface RecentAnswer {
  /** In the order of their ends. */
  readonly requests: readonly RecentRequest[];
  /** How many requests have ended so far: what the next question says in `after`. */
  readonly seen: number;
  /** Requests since `after` that nobody can tell any more, because younger ones took their place, or that did not fit in `count`. */
  readonly missed: number;
}
