import { TIME_BUCKETS, timeBucket } from '../../src/lib/time-scale.ts';
import type { GuardSnapshot, RouteCounts } from '../../src/workers/guard-counts.ts';

interface Sample {
  readonly requests: number;
  readonly errors?: number;
  readonly code?: string;
  /** Of each answer. */
  readonly ms?: number;
}

/** Requests of a route as a worker would have counted them. */
export function routeCounts(route: string, { requests, errors = 0, code = 'upstream_connect_failed', ms = 10 }: Sample): RouteCounts {
  const times = new Uint32Array(TIME_BUCKETS);
  times[timeBucket(ms)] = requests;
  return { route, requests, codes: new Map(errors === 0 ? [] : [[code, errors]]), times };
}

/** So many requests that have waited so long for an answer. */
export function waitingSince(route: string, count: number, ms: number): GuardSnapshot['open'][number] {
  const times = new Uint32Array(TIME_BUCKETS);
  times[timeBucket(ms)] = count;
  return { route, times };
}
