import { STATUS_CODES } from '../../lib/node-http.ts';
import type { AccessRecord } from '../access-record.ts';
import { type Decision, METRIC_OF } from './outcome.ts';
import type { Series } from './series.ts';
import type { SeriesStore } from './series-store.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'] as const;
const OTHER_METHOD = METHODS.length;
const METHOD_INDEX: ReadonlyMap<string, number> = new Map(METHODS.map((method, index) => [method, index]));

/** Statuses are below it, so that method and status make one number. */
const STATUSES = 1000;
const CLIENT_CLOSED = 499;

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
  readonly #outcomes = new Map<Decision, Series>();

  constructor(store: SeriesStore, route: string) {
    this.#store = store;
    this.#route = route;
    this.#duration = store.makeHistogram('duration', route);
    this.#requestSize = store.makeHistogram('requestSize', route);
    this.#responseSize = store.makeHistogram('responseSize', route);
  }

  record(record: AccessRecord): void {
    const { errorCode, totalMs } = record;
    this.#requestsOf(record.method, record.status, errorCode).add(1);
    this.#requestSize.observe(record.bytesIn);
    this.#responseSize.observe(record.bytesOut);
    // How long somebody kept a WebSocket open says nothing of how fast the route is.
    if (!isTunnel(record)) {
      const seconds = totalMs / 1000;
      const bucket = this.#duration.observe(seconds);
      if (record.traceId !== '') this.#duration.remember(bucket, record.traceId, seconds, record.startedAtMs + totalMs);
    }
  }

  /** Of what a policy can decide. */
  seriesOf(decision: Decision): Series {
    const { kind, outcome } = decision;
    const metric = METRIC_OF[kind];
    const series = this.#outcomes.get(decision) ?? this.#store.make(metric, this.#route, ...(metric === kind ? [] : [kind]), outcome);
    this.#outcomes.set(decision, series);
    return series;
  }

  /** Lets go of everything it counted. */
  drop(): void {
    const maps = [this.#plain, ...this.#failed.values(), this.#outcomes];
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
}

/** Over HTTP/2 a WebSocket is agreed to by 200 (RFC 8441 §5). */
function isTunnel({ status, upgrade, protocol }: AccessRecord): boolean {
  return status === 101 || (status === 200 && upgrade !== '' && protocol === 'HTTP/2');
}

function classOf(status: number): string {
  const first = Math.floor(status / 100);
  return first >= 1 && first <= 5 ? `${first}xx` : 'none';
}
