import type { FollowedRequests, RecentList, RequestSource } from '../admin/request-source.ts';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import type { RecentAnswer, RecentQuery, RequestFilter } from '../observe/recent-request.ts';
import type { WorkerThread } from './worker-thread.ts';

/** To somebody who watches it is at once; a worker is asked no more often. */
const FOLLOW_MS = 250;
/** A worker that is too busy to answer in time is left out. */
const ANSWER_WAIT_MS = 1000;
/** Of one worker, each time it is asked. */
const FOLLOWED_MAX = 500;

type Member = Pick<WorkerThread, 'number' | 'state' | 'recent'>;

interface FeedOptions {
  readonly clock: Clock;
  readonly members: () => readonly Member[];
}

/** The last requests of all workers. Workers are asked while somebody listens, and send nothing by themselves. */
export class RequestFeed implements RequestSource {
  readonly #options: FeedOptions;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  async last(filter: RequestFilter, count: number): Promise<RecentList> {
    const members = this.#options.members().filter(isAsked);
    const answers = await Promise.all(members.map(async (member) => this.#ask(member, { filter, after: 0, count })));
    const requests = answers.flatMap((answer) => answer?.requests ?? []).toSorted((a, b) => b.endedAtMs - a.endedAtMs).slice(0, count);
    return { requests, silentWorkers: members.filter((_, index) => answers[index] === null).map(({ number }) => number) };
  }

  follow(filter: RequestFilter, onRequests: (followed: FollowedRequests) => void): () => void {
    const { clock, members } = this.#options;
    const followed = new Map<Member, FollowedMember>();
    let isOver = false;
    const tell = async (known: FollowedMember): Promise<void> => {
      const answer = await known.next(filter);
      if (!isOver && answer !== null && answer.requests.length + answer.missed > 0) onRequests({ requests: answer.requests, missed: answer.missed });
    };
    const turn = (isFirst: boolean): void => {
      const living = members().filter(isAsked);
      for (const member of followed.keys()) if (!living.includes(member)) followed.delete(member);
      for (const member of living) {
        // Of those who are there already only what comes; who takes the place of a dead one has nothing old to tell.
        const known = followed.get(member) ?? new FollowedMember(member, isFirst ? Infinity : 0);
        followed.set(member, known);
        void tell(known);
      }
    };
    turn(true);
    const stop = clock.every(FOLLOW_MS, () => turn(false));
    return () => {
      isOver = true;
      stop();
    };
  }

  /** Null: it did not answer in time, or has ended. */
  async #ask(member: Member, query: RecentQuery): Promise<RecentAnswer | null> {
    return withDeadline(this.#options.clock, ANSWER_WAIT_MS, member.recent(query)).catch(() => null);
  }
}

/** A worker and how far its requests are known. */
class FollowedMember {
  readonly #member: Member;
  #after: number;
  #isAsked = false;

  constructor(member: Member, after: number) {
    this.#member = member;
    this.#after = after;
  }

  /** Null: nothing to tell, or it has not answered the question before yet. Never rejects. */
  async next(filter: RequestFilter): Promise<RecentAnswer | null> {
    if (this.#isAsked) return null;
    this.#isAsked = true;
    try {
      const answer = await this.#member.recent({ filter, after: this.#after, count: FOLLOWED_MAX });
      this.#after = answer.seen;
      return answer;
    } catch {
      return null;
    } finally {
      this.#isAsked = false;
    }
  }
}

function isAsked({ state }: Member): boolean {
  return state !== 'down' && state !== 'starting';
}
