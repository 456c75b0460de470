import type { TracesConfig } from '../../config/traces-config.ts';
import type { Clock } from '../../lib/clock.ts';
import { latePart } from '../../lib/late-part.ts';
import type { Logger } from '../logger.ts';
import type { Privacy } from '../privacy.ts';
import type { SpanExporter } from './span-exporter.ts';
import type { TracedRecord } from './span-json.ts';

interface TracingServices {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Of the worker, in its process. */
  readonly instance: string;
}

/** For the spans of a configuration that is gone. */
const CLOSE_MS = 5000;

type Library = typeof import('./span-exporter.ts');

/** Exports the traces of one worker, where the configuration wants that; until then nothing of it is even loaded. */
export class Tracing {
  readonly #services: TracingServices;
  #library: Library | null = null;
  #exporter: SpanExporter | null = null;
  /** What the exporter was made of. */
  #made = '';
  /** By exporters of earlier configurations. */
  readonly #closing = new Set<Promise<void>>();
  #droppedBefore = 0;

  constructor(services: TracingServices) {
    this.#services = services;
  }

  /** Spans lost since the start. */
  get dropped(): number {
    return this.#droppedBefore + (this.#exporter?.dropped ?? 0);
  }

  /** To be waited for before {@link use}. */
  async load({ collector }: TracesConfig): Promise<void> {
    if (collector !== null) this.#library ??= await latePart(async () => import('./span-exporter.ts'));
  }

  /** From now on as this configuration says. */
  use({ collector }: TracesConfig): void {
    const wanted = collector === null ? '' : JSON.stringify(collector);
    if (wanted === this.#made) return;
    this.#made = wanted;
    const before = this.#exporter;
    this.#exporter = collector === null || this.#library === null ? null : new this.#library.SpanExporter(collector, this.#services);
    if (before !== null) this.#end(before, CLOSE_MS);
  }

  /** Called once for each request, when everything is known of it. */
  onEnd(record: TracedRecord, privacy: Privacy): void {
    this.#exporter?.add(record, privacy);
  }

  /** Hands over what is left. */
  async close(timeoutMs: number): Promise<void> {
    const exporter = this.#exporter;
    this.#exporter = null;
    this.#made = '';
    if (exporter !== null) this.#end(exporter, timeoutMs);
    await Promise.all(this.#closing);
  }

  #end(exporter: SpanExporter, timeoutMs: number): void {
    const close = async (): Promise<void> => {
      await exporter.close(timeoutMs);
      this.#droppedBefore += exporter.dropped;
      this.#closing.delete(closed);
    };
    const closed = close();
    this.#closing.add(closed);
  }
}
