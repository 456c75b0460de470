import type { FollowedRequests, RecentList, RequestSource } from '../../src/admin/request-source.ts';
import type { RequestFilter } from '../../src/observe/recent-request.ts';

/** Requests that a test makes up. */
export class SampleRequests implements RequestSource {
  readonly asked: RequestFilter[] = [];
  readonly followers = new Set<(followed: FollowedRequests) => void>();
  answer: () => Promise<RecentList> = async () => ({ requests: [], silentWorkers: [] });

  async last(filter: RequestFilter): Promise<RecentList> {
    this.asked.push(filter);
    return this.answer();
  }

  follow(filter: RequestFilter, onRequests: (followed: FollowedRequests) => void): () => void {
    this.asked.push(filter);
    this.followers.add(onRequests);
    return () => this.followers.delete(onRequests);
  }
}
