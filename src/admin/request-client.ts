import type { RecentRequest } from '../observe/recent-request.ts';
import { type AdminPlace, askAdmin, parseObject, unusableAnswer } from './admin-client.ts';
import { hasMembers, isListOf } from './answer-check.ts';
import type { ServerEvent } from './event-parser.ts';
import type { FollowedRequests, RecentList } from './request-source.ts';

/** Which requests are asked for, as `/requests` takes it. */
export interface RequestQuery {
  readonly route?: string;
  readonly status?: string;
  readonly code?: string;
  /** Milliseconds. */
  readonly slow?: string;
  readonly client?: string;
}

const REQUEST_MEMBERS = { time: 'string', requestId: 'string', method: 'string', host: 'string', path: 'string', status: 'number', code: 'string', route: 'string', target: 'string' } as const;

/** The last requests, the youngest first. Throws AdminClientError where no usable answer comes. */
export async function getRequests({ address, token }: AdminPlace, query: RequestQuery & { readonly count: string }, signal?: AbortSignal): Promise<RecentList> {
  const answer = await askAdmin(address, { method: 'GET', path: withQuery('/requests', query), token }, signal);
  const list = parseObject(answer.body);
  if (answer.status !== 200 || !hasMembers<RecentList>(list, { requests: 'array', silentWorkers: 'array' }) || !areRequests(list.requests)) {
    throw unusableAnswer(address, 'does not tell its requests', answer);
  }
  return list;
}

/** Of the stream of events of requests that end from now on. */
export function requestStreamPath(query: RequestQuery): string {
  return withQuery('/requests/stream', query);
}

/** What an event of that stream says; null: something else. */
export function followedRequests({ name, data }: ServerEvent): FollowedRequests | null {
  const followed = parseObject(data);
  return name === 'requests' && hasMembers<FollowedRequests>(followed, { requests: 'array', missed: 'number' }) && areRequests(followed.requests) ? followed : null;
}

function areRequests(value: unknown): boolean {
  return isListOf<RecentRequest>(value, REQUEST_MEMBERS);
}

function withQuery(path: string, query: RequestQuery): string {
  const text = new URLSearchParams({ ...query }).toString();
  return text === '' ? path : `${path}?${text}`;
}
