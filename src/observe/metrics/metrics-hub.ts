import { WORKER_METRICS, type WorkerMetricId } from './catalogue.ts';
import type { MetricDefinition } from './definition.ts';
import type { Sample, SampleExemplar } from './sample.ts';
import { widthOf } from './series.ts';
import type { MetricsSnapshot } from './snapshot.ts';
import { OTHERS } from './worker-metrics.ts';

/** How long a route or target that is gone is still answered, so that its last requests are seen by whoever asks seldom. */
const KEPT_MS = 15 * 60_000;

/** One series over all workers. */
class Total implements Sample {
  readonly metric: MetricDefinition;
  readonly labels: readonly string[];
  readonly values: Float64Array;
  readonly exemplars: (SampleExemplar | undefined)[] = [];
  /** Monotonic milliseconds; -1: its route and target are there. */
  goneMs = -1;
  isDropped = false;

  constructor(metric: MetricDefinition, labels: readonly string[]) {
    this.metric = metric;
    this.labels = labels;
    this.values = new Float64Array(widthOf(metric));
  }
}

/** A worker's part of a total, as last heard of. */
interface Part {
  readonly metric: WorkerMetricId;
  readonly labels: readonly string[];
  readonly values: Float64Array;
  total: Total;
}

/** What there is at present, so that series of what is not can be let go. */
interface Present {
  readonly routes: ReadonlySet<string>;
  readonly upstreams: ReadonlySet<string>;
  /** Of {@link targetKey}. */
  readonly targets: ReadonlySet<string>;
}

export function targetKey(upstream: string, target: string): string {
  return `${upstream} ${target}`;
}

/**
 * Adds up what workers count. Each change is added once, so that totals go on where they are when a worker dies, and
 * its successor begins at nothing.
 */
export class MetricsHub {
  readonly #totals = new Map<string, Total>();
  readonly #parts = new Map<object, Map<number, Part>>();

  /** @param worker whoever counted it: another object for each thread, also where it takes the place of a dead one. */
  apply(worker: object, snapshot: MetricsSnapshot): void {
    const parts = this.#parts.get(worker) ?? new Map<number, Part>();
    this.#parts.set(worker, parts);
    for (const { number, metric, labels } of snapshot.fresh) {
      parts.set(number, { metric, labels, values: new Float64Array(widthOf(WORKER_METRICS[metric])), total: this.#totalOf(metric, labels) });
    }
    let at = 0;
    for (const number of snapshot.changed) {
      const part = parts.get(number);
      if (part === undefined) return;
      this.#add(part, snapshot.values.subarray(at, at + part.values.length));
      at += part.values.length;
    }
    for (const { series, bucket, traceId, value, atMs } of snapshot.exemplars) {
      const total = parts.get(series)?.total;
      if (total !== undefined) total.exemplars[bucket] = { traceId, value, atMs };
    }
    for (const number of snapshot.gone) parts.delete(number);
  }

  /** The worker is dead: what it had counted stays, what it had in its hands does not. */
  forget(worker: object): void {
    for (const { metric, labels, values, total } of this.#parts.get(worker)?.values() ?? []) {
      if (total.metric.type !== 'gauge') continue;
      total.values[0]! -= values[0]!;
      if (total.metric.labels.includes('worker')) this.#drop(keyOf(metric, labels), total);
    }
    this.#parts.delete(worker);
  }

  /** Lets go of series whose route or target has been gone for a quarter of an hour. */
  prune(present: Present, nowMs: number): void {
    for (const [key, total] of this.#totals) {
      if (isPresent(total, present)) total.goneMs = -1;
      else if (total.goneMs < 0) total.goneMs = nowMs;
      else if (nowMs - total.goneMs >= KEPT_MS) this.#drop(key, total);
    }
  }

  get totals(): Iterable<Sample> {
    return this.#totals.values();
  }

  #add(part: Part, values: Float64Array): void {
    if (part.total.isDropped) {
      part.total = this.#totalOf(part.metric, part.labels);
      // A counter begins anew; a gauge is what it is.
      if (part.total.metric.type === 'gauge') part.values.fill(0);
    }
    const sums = part.total.values;
    for (let i = 0; i < values.length; i += 1) sums[i]! += values[i]! - part.values[i]!;
    part.values.set(values);
  }

  #totalOf(metric: WorkerMetricId, labels: readonly string[]): Total {
    const key = keyOf(metric, labels);
    const known = this.#totals.get(key);
    if (known !== undefined) return known;
    const total = new Total(WORKER_METRICS[metric], labels);
    this.#totals.set(key, total);
    return total;
  }

  #drop(key: string, total: Total): void {
    total.isDropped = true;
    this.#totals.delete(key);
  }
}

function keyOf(metric: WorkerMetricId, labels: readonly string[]): string {
  return [metric, ...labels].join('\n');
}

function isPresent({ metric, labels }: Total, { routes, upstreams, targets }: Present): boolean {
  const route = labels[metric.labels.indexOf('route')] ?? '';
  if (route !== '' && route !== OTHERS) return routes.has(route);
  const upstream = labels[metric.labels.indexOf('upstream')];
  const target = labels[metric.labels.indexOf('target')] ?? OTHERS;
  return upstream === undefined || (target === OTHERS ? upstreams.has(upstream) : targets.has(targetKey(upstream, target)));
}
