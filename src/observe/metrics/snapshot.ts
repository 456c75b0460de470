import type { WorkerMetricId } from './catalogue.ts';

/**
 * What a worker has counted since its start, as far as it has changed since the last snapshot. Plain data. A series is
 * named once, and from then on known by its number; its values are totals, so that a lost snapshot loses nothing.
 */
export interface MetricsSnapshot {
  readonly fresh: readonly FreshSeries[];
  /** Numbers of the series whose values follow in `values`, one after the other. */
  readonly changed: readonly number[];
  readonly values: Float64Array;
  readonly exemplars: readonly Exemplar[];
  /** Series that the worker counts no longer. */
  readonly gone: readonly number[];
}

export interface FreshSeries {
  readonly number: number;
  readonly metric: WorkerMetricId;
  /** Values, in the order of the metric's labels. */
  readonly labels: readonly string[];
}

/** A request that fell into a bucket, by which people find it again. */
export interface Exemplar {
  readonly series: number;
  readonly bucket: number;
  readonly traceId: string;
  readonly value: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
}
