import type { MetricDefinition } from './definition.ts';

/** One series as it is answered. */
export interface Sample {
  readonly metric: MetricDefinition;
  /** In the order of the metric's labels. */
  readonly labels: readonly string[];
  /** One number; of a histogram those of each bucket and the sum, of a summary the number and the sum. */
  readonly values: ArrayLike<number>;
  /** By bucket. */
  readonly exemplars: readonly (SampleExemplar | undefined)[];
}

export interface SampleExemplar {
  readonly traceId: string;
  readonly value: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
}
