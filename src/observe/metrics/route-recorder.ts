import { STATUS_CODES } from 'node:http';
import type { AccessRecord } from '../access-record.ts';
import type { Outcome, OutcomeKind } from './outcome.ts';
import type { Series } from './series.ts';
import type { SeriesStore } from './series-store.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'] as const;
const OTHER_METHOD = METHODS.length;
const METHOD_INDEX: ReadonlyMap<string, number> = new Map(METHODS.map((method, index) => [method, index]));

/** Statuses are below it, so that method and status make one number. */
const STATUSES = 1000;
const CLIENT_CLOSED = 499;

/** What an error code says of authentication. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ['unauthorized', 'unauthorized'],
  ['insufficient_permissions', 'forbidden'],
  ['auth_unavailable', 'unavailable'],
]);

/** Counts the requests of one route in one worker. */
export class RouteRecorder {
  readonly #store: SeriesStore;
  readonly #route: string;
  readonly #duration;
  readonly #requestSize;
  readonly #responseSize;
  /** By method and status, of answers without an error code. */
  readonly #plain = new Map<number, Series>();
  /** The same for each error code. */
  readonly #failed = new Map<string, Map<number, Series>>();
  readonly #outcomes = new Map<string, Map<string, Series>>();

  constructor(store: SeriesStore, route: string) {
    this.#store = store;
    this.#route = route;
    this.#duration = store.makeHistogram('duration', route);
    this.#requestSize = store.makeHistogram('requestSize', route);
    this.#responseSize = store.makeHistogram('responseSize', route);
  }

  record(record: AccessRecord): void {
    const { errorCode, totalMs, identity } = record;
    this.#requestsOf(record.method, record.status, errorCode).add(1);
    this.#requestSize.observe(record.bytesIn);
    this.#responseSize.observe(record.bytesOut);
    // How long somebody kept a WebSocket open says nothing of how fast the route is.
    if (record.status !== 101) {
      const seconds = totalMs / 1000;
      const bucket = this.#duration.observe(seconds);
      if (record.traceId !== '') this.#duration.remember(bucket, record.traceId, seconds, record.startedAtMs + totalMs);
    }
    const refused = errorCode === '' ? undefined : REFUSED.get(errorCode);
    if (identity !== null || refused !== undefined) this.#countOf('authentications', identity?.kind ?? '', refused ?? 'accepted').add(1);
  }

  count(kind: OutcomeKind, outcome: Outcome): void {
    this.#countOf(kind, '', outcome).add(1);
  }

  /** Lets go of everything it counted. */
  drop(): void {
    const maps = [this.#plain, ...this.#failed.values(), ...this.#outcomes.values()];
    this.#store.drop([this.#duration, this.#requestSize, this.#responseSize, ...maps.flatMap((map) => [...map.values()])]);
  }

  #requestsOf(method: string, status: number, code: string): Series {
    const index = METHOD_INDEX.get(method) ?? OTHER_METHOD;
    const counts = code === '' ? this.#plain : this.#failedOf(code);
    const label = status === CLIENT_CLOSED || STATUS_CODES[status] !== undefined ? String(status) : 'other';
    // All that are not registered, and could be many, are one.
    const key = index * STATUSES + (label === 'other' ? Math.floor(status / 100) : status);
    return counts.get(key) ?? this.#addRequests(counts, key, [METHODS[index] ?? 'OTHER', label, classOf(status), code]);
  }

  #addRequests(counts: Map<number, Series>, key: number, labels: readonly string[]): Series {
    const series = this.#store.make('requests', this.#route, ...labels);
    counts.set(key, series);
    return series;
  }

  #failedOf(code: string): Map<number, Series> {
    const known = this.#failed.get(code);
    if (known !== undefined) return known;
    const made = new Map<number, Series>();
    this.#failed.set(code, made);
    return made;
  }

  #countOf(metric: OutcomeKind | 'authentications', credential: string, outcome: string): Series {
    const group = metric === 'authentications' ? credential : metric;
    const known = this.#outcomes.get(group)?.get(outcome);
    return known ?? this.#addCount(metric, group, metric === 'authentications' ? [credential, outcome] : [outcome]);
  }

  #addCount(metric: OutcomeKind | 'authentications', group: string, labels: readonly string[]): Series {
    const counts = this.#outcomes.get(group) ?? new Map<string, Series>();
    const series = this.#store.make(metric, this.#route, ...labels);
    this.#outcomes.set(group, counts);
    counts.set(labels.at(-1) ?? '', series);
    return series;
  }
}

function classOf(status: number): string {
  const first = Math.floor(status / 100);
  return first >= 1 && first <= 5 ? `${first}xx` : 'none';
}
