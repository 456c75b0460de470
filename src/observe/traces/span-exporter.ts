import type { CollectorConfig } from '../../config/traces-config.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../logger.ts';
import type { Privacy } from '../privacy.ts';
import { jsonText } from '../safe-text.ts';
import { CollectorClient, type Delivery } from './collector-client.ts';
import { spansJson, type TracedRecord } from './span-json.ts';

interface ExporterServices {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the worker, in its process. */
  readonly instance: string;
}

/** Spans of some requests, which are sent together. */
interface Piece {
  readonly json: string;
  readonly spans: number;
}

/** Attempts beyond these are left out: a request that waits may try for long. */
const ATTEMPTS_MAX = 32;
const BATCH_SPANS = 512;
const TICK_MS = 1000;
const BACK_OFF_MS_MIN = 1000;
const BACK_OFF_MS_MAX = 60_000;
/** How soon a drain looks again whether all has been sent. */
const CLOSE_LOOK_MS = 10;

/**
 * Sends the spans of one worker to a collector: in batches, one at a time, by a timer. Holds a bounded number of them; what
 * comes while there is no room is not even built, so that a dead collector costs nothing.
 */
export class SpanExporter {
  readonly #config: CollectorConfig;
  readonly #services: ExporterServices;
  readonly #client: CollectorClient;
  readonly #head: string;
  readonly #stopTimer: () => void;
  #waiting: Piece[] = [];
  #waitingSpans = 0;
  /** In the hands of the collector, or to be handed to it again. */
  #batch: readonly Piece[] = [];
  #batchSpans = 0;
  #sending = false;
  #notBeforeMs = 0;
  #backOffMs = 0;
  #dropped = 0;

  constructor(config: CollectorConfig, services: ExporterServices) {
    this.#config = config;
    this.#services = services;
    this.#client = new CollectorClient(config, services.clock);
    const resource = `{"key":"service.name","value":{"stringValue":${jsonText(config.service, 256)}}},{"key":"service.instance.id","value":{"stringValue":${jsonText(services.instance, 256)}}}`;
    this.#head = `{"resourceSpans":[{"resource":{"attributes":[${resource}]},"scopeSpans":[{"scope":{"name":"sluice"},"spans":[`;
    this.#stopTimer = services.clock.every(TICK_MS, () => this.#pump());
  }

  /** Spans lost since the start: no room, or the collector did not want them. */
  get dropped(): number {
    return this.#dropped;
  }

  /** A request that has ended; one whose trace is not recorded is passed over. Never throws, never waits. */
  add(record: TracedRecord, privacy: Privacy): void {
    const { trace } = record;
    if (trace === null || trace.attempts === null) return;
    const attempts = trace.attempts.length > ATTEMPTS_MAX ? trace.attempts.slice(0, ATTEMPTS_MAX) : trace.attempts;
    const spans = attempts.length + 1;
    if (this.#waitingSpans + this.#batchSpans + spans > this.#config.spansMax) {
      this.#dropped += spans;
      return;
    }
    this.#waiting.push({ json: spansJson(record, trace, attempts, privacy, this.#config.user), spans });
    this.#waitingSpans += spans;
    if (this.#waitingSpans >= BATCH_SPANS) this.#pump();
  }

  /** Sends what is left, each batch once, and gives up what is not taken, or not in time. */
  async close(timeoutMs: number): Promise<void> {
    const { clock } = this.#services;
    this.#stopTimer();
    this.#notBeforeMs = 0;
    this.#backOffMs = 0;
    const lastMs = clock.monotonicMs() + timeoutMs;
    await new Promise<void>((resolve) => {
      const stop = clock.every(CLOSE_LOOK_MS, () => look());
      const look = (): void => {
        const isOver = this.#waitingSpans + this.#batchSpans === 0 || clock.monotonicMs() >= lastMs;
        // One that has just failed will not be there again within the moment that is left.
        if (isOver || this.#backOffMs > 0) {
          stop();
          resolve();
        } else this.#pump();
      };
      look();
    });
    this.#client.close();
    this.#dropped += this.#waitingSpans + this.#batchSpans;
    this.#waiting = [];
    this.#batch = [];
    this.#waitingSpans = 0;
    this.#batchSpans = 0;
  }

  #pump(): void {
    if (this.#sending || this.#services.clock.monotonicMs() < this.#notBeforeMs) return;
    if (this.#batchSpans === 0) this.#takeBatch();
    if (this.#batchSpans === 0) return;
    this.#sending = true;
    const body = Buffer.from(`${this.#head}${this.#batch.map(({ json }) => json).join(',')}]}]}]}`);
    void this.#client.send(body).then((delivery) => this.#onDelivery(delivery));
  }

  #takeBatch(): void {
    let count = 0;
    let spans = 0;
    for (; count < this.#waiting.length && spans < BATCH_SPANS; count += 1) spans += this.#waiting[count]!.spans;
    this.#batch = this.#waiting.splice(0, count);
    this.#batchSpans = spans;
    this.#waitingSpans -= spans;
  }

  #onDelivery(delivery: Delivery): void {
    const { clock, logger } = this.#services;
    this.#sending = false;
    if (delivery.kind === 'later') {
      const { reason, afterMs } = delivery;
      if (this.#backOffMs === 0) logger.warn('the collector does not take spans; they are kept while there is room', { reason, collector: new URL(this.#config.url).host });
      this.#backOffMs = Math.min(Math.max(this.#backOffMs * 2, BACK_OFF_MS_MIN), BACK_OFF_MS_MAX);
      this.#notBeforeMs = clock.monotonicMs() + Math.min(Math.max(afterMs, this.#backOffMs), BACK_OFF_MS_MAX);
      return;
    }
    const lost = delivery.kind === 'refused' ? this.#batchSpans : Math.min(delivery.rejected, this.#batchSpans);
    this.#batch = [];
    this.#batchSpans = 0;
    this.#dropped += lost;
    if (lost > 0) logger.warn('the collector has refused spans', { spans: lost, reason: delivery.reason });
    if (this.#backOffMs > 0) logger.info('the collector takes spans again', { dropped: this.#dropped });
    this.#backOffMs = 0;
    if (this.#waitingSpans >= BATCH_SPANS) this.#pump();
  }
}
