import type { RecentRequest, RequestFilter } from '../observe/recent-request.ts';

/** The last requests of all workers. */
export interface RequestSource {
  /** The youngest first. Resolves within about a second. */
  last(filter: RequestFilter, count: number): Promise<RecentList>;
  /** Tells of requests that end from now on, several times a second. @returns stops it. */
  follow(filter: RequestFilter, onRequests: (followed: FollowedRequests) => void): () => void;
}

export interface RecentList {
  readonly requests: readonly RecentRequest[];
  /** Workers that did not answer in time, by number; their requests are missing. */
  readonly silentWorkers: readonly number[];
}

export interface FollowedRequests {
  /** Of one worker, in the order of their ends. */
  readonly requests: readonly RecentRequest[];
  /** Others that went by too fast to be told. */
  readonly missed: number;
}
