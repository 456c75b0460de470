import type { HistogramSeries } from './series.ts';
import type { SeriesStore } from './series-store.ts';
import type { AccessRecord } from '../access-record.ts';

/** Times of one target, in one worker. */
export class TargetRecorder {
  /** Snapshots without a request in between. */
  idle = 0;
  readonly #store: SeriesStore;
  readonly #connect: HistogramSeries;
  readonly #head: HistogramSeries;
  readonly #response: HistogramSeries;

  constructor(store: SeriesStore, upstream: string, target: string) {
    this.#store = store;
    this.#connect = store.makeHistogram('connectTime', upstream, target);
    this.#head = store.makeHistogram('headTime', upstream, target);
    this.#response = store.makeHistogram('responseTime', upstream, target);
  }

  /** Times of the exchange count from its beginning, those here from that of the attempt; what is older belongs to one before. */
  record({ attemptMs, connectMs, headMs, responseMs }: AccessRecord): void {
    this.idle = 0;
    if (connectMs >= attemptMs) this.#connect.observe((connectMs - attemptMs) / 1000);
    if (headMs >= attemptMs) this.#head.observe((headMs - attemptMs) / 1000);
    if (responseMs >= attemptMs) this.#response.observe((responseMs - attemptMs) / 1000);
  }

  /** Lets go of everything it counted. */
  drop(): void {
    this.#store.drop([this.#connect, this.#head, this.#response]);
  }
}
