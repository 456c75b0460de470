import { bucketOf } from './buckets.ts';
import { WORKER_METRICS, type WorkerMetricId } from './catalogue.ts';
import type { MetricDefinition } from './definition.ts';
import type { Exemplar } from './snapshot.ts';

/** How many numbers a series has: a histogram has one for each bucket and the sum, a summary the number and the sum. */
export function widthOf({ type, bounds = [] }: MetricDefinition): number {
  if (type === 'histogram') return bounds.length + 2;
  return type === 'summary' ? 2 : 1;
}

/** One series of one worker: numbers in one place, which a snapshot copies. */
export class Series {
  readonly metric: WorkerMetricId;
  readonly labels: readonly string[];
  readonly number: number;
  readonly values: Float64Array;
  /** Written to since the last snapshot. */
  isChanged = false;
  /** The control plane has been told its name. */
  isNamed = false;

  constructor(metric: WorkerMetricId, labels: readonly string[], number: number) {
    this.metric = metric;
    this.labels = labels;
    this.number = number;
    this.values = new Float64Array(widthOf(WORKER_METRICS[metric]));
  }

  /** Of a counter or a gauge. */
  add(value: number): void {
    this.values[0]! += value;
    this.isChanged = true;
  }

  set(value: number): void {
    if (this.values[0] === value) return;
    this.values[0] = value;
    this.isChanged = true;
  }

  /** Of a summary. */
  addEvent(value: number): void {
    this.values[0]! += 1;
    this.values[1]! += value;
    this.isChanged = true;
  }
}

/** A series of buckets; the last of its numbers is the sum of all values. */
export class HistogramSeries extends Series {
  readonly #bounds: Float64Array;
  /** The first one of each bucket since the last snapshot. */
  #exemplars: (Exemplar | undefined)[] | null = null;

  constructor(metric: WorkerMetricId, labels: readonly string[], number: number) {
    super(metric, labels, number);
    const definition: MetricDefinition = WORKER_METRICS[metric];
    this.#bounds = Float64Array.from(definition.bounds ?? []);
  }

  /** @returns the bucket. */
  observe(value: number): number {
    const bucket = bucketOf(this.#bounds, value);
    this.values[bucket]! += 1;
    this.values[this.values.length - 1]! += value;
    this.isChanged = true;
    return bucket;
  }

  /** Only the first in a bucket between two snapshots is kept: the others would cost an object each and say no more. */
  remember(bucket: number, traceId: string, value: number, atMs: number): void {
    this.#exemplars ??= [];
    this.#exemplars[bucket] ??= { series: this.number, bucket, traceId, value, atMs };
  }

  takeExemplars(into: Exemplar[]): void {
    if (this.#exemplars === null) return;
    for (const exemplar of this.#exemplars) if (exemplar !== undefined) into.push(exemplar);
    this.#exemplars = null;
  }
}
