import type { Decision } from './outcome.ts';
import type { RouteRecorder } from './route-recorder.ts';
import type { Series } from './series.ts';

/**
 * Where the policies of one route, in one generation, are counted. The series of a decision is looked up when it is first made;
 * from then on a decision is one look into a list, and an addition.
 */
export class RouteOutcomes {
  readonly #recorder: () => RouteRecorder;
  readonly #series: (Series | undefined)[] = [];

  /** @param recorder asked late: a route gets its recorder when its generation begins, and policies are built before that. */
  constructor(recorder: () => RouteRecorder) {
    this.#recorder = recorder;
  }

  count(decision: Decision): void {
    (this.#series[decision.index] ?? this.#find(decision)).add(1);
  }

  #find(decision: Decision): Series {
    const series = this.#recorder().seriesOf(decision);
    this.#series[decision.index] = series;
    return series;
  }
}
