import type { WorkerMetricId } from './catalogue.ts';
import { HistogramSeries, Series } from './series.ts';
import type { Exemplar, FreshSeries, MetricsSnapshot } from './snapshot.ts';

/** All series of one worker. */
export class SeriesStore {
  readonly #series = new Set<Series>();
  #next = 0;
  #gone: number[] = [];

  /** How many there are. */
  get size(): number {
    return this.#series.size;
  }

  make(metric: WorkerMetricId, ...labels: string[]): Series {
    return this.#add(new Series(metric, labels, this.#next++));
  }

  makeHistogram(metric: WorkerMetricId, ...labels: string[]): HistogramSeries {
    return this.#add(new HistogramSeries(metric, labels, this.#next++));
  }

  drop(dropped: Iterable<Series>): void {
    for (const series of dropped) if (this.#series.delete(series) && series.isNamed) this.#gone.push(series.number);
  }

  /** What has changed since the last call. */
  snapshot(): MetricsSnapshot {
    const fresh: FreshSeries[] = [];
    const changed: Series[] = [];
    const exemplars: Exemplar[] = [];
    let width = 0;
    for (const series of this.#series) {
      if (!series.isChanged) continue;
      series.isChanged = false;
      if (!series.isNamed) fresh.push({ number: series.number, metric: series.metric, labels: series.labels });
      series.isNamed = true;
      changed.push(series);
      width += series.values.length;
      if (series instanceof HistogramSeries) series.takeExemplars(exemplars);
    }
    const gone = this.#gone;
    this.#gone = [];
    return { fresh, changed: changed.map(({ number }) => number), values: joined(changed, width), exemplars, gone };
  }

  /** Nothing yet is a number too: a counter that is there from the start shows its first step as one. */
  #add<T extends Series>(series: T): T {
    series.isChanged = true;
    this.#series.add(series);
    return series;
  }
}

function joined(all: readonly Series[], width: number): Float64Array {
  const values = new Float64Array(width);
  let at = 0;
  for (const series of all) {
    values.set(series.values, at);
    at += series.values.length;
  }
  return values;
}
