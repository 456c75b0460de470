import { constants, monitorEventLoopDelay, performance, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { WorkerMetrics } from './worker-metrics.ts';

/** A timer of its own measures the delay; at this pace it costs nothing to speak of. */
const RESOLUTION_MS = 20;
/** Snapshots after which the delays seen begin to be forgotten: the longest usual interval between two scrapes. */
const WINDOW_SNAPSHOTS = 15;

const KINDS: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak'],
]);

type Delays = ReturnType<typeof monitorEventLoopDelay>;

interface Delay {
  readonly p99: number;
  readonly max: number;
}

const NO_DELAY: Delay = { p99: 0, max: 0 };

/** How one worker thread is: event loop, heap, garbage collection. */
export class WorkerVitals {
  readonly #metrics: WorkerMetrics;
  readonly #worker: string;
  readonly #delays: Delays;
  readonly #observer: PerformanceObserver;
  #before = NO_DELAY;
  #snapshots = 0;

  constructor(metrics: WorkerMetrics, worker: number) {
    this.#metrics = metrics;
    this.#worker = String(worker);
    this.#delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#delays.enable();
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#noteCollection('detail' in entry ? entry.detail : null, entry.duration);
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  /** To be called before each snapshot. */
  measure(): void {
    const metrics = this.#metrics;
    const worker = this.#worker;
    const { used_heap_size: used, heap_size_limit: limit, external_memory: external } = getHeapStatistics();
    metrics.set('heapUsed', used, worker);
    metrics.set('heapLimit', limit, worker);
    metrics.set('externalMemory', external, worker);
    metrics.set('loopActive', performance.eventLoopUtilization().active / 1000, worker);
    const now = delayOf(this.#delays);
    metrics.set('loopDelay99', Math.max(now.p99, this.#before.p99), worker);
    metrics.set('loopDelayMax', Math.max(now.max, this.#before.max), worker);
    this.#snapshots += 1;
    if (this.#snapshots % WINDOW_SNAPSHOTS !== 0) return;
    this.#before = now;
    this.#delays.reset();
  }

  close(): void {
    this.#delays.disable();
    this.#observer.disconnect();
  }

  #noteCollection(detail: unknown, durationMs: number): void {
    const kind = typeof detail === 'object' && detail !== null && 'kind' in detail ? detail.kind : null;
    const name = typeof kind === 'number' ? KINDS.get(kind) : undefined;
    if (name !== undefined) this.#metrics.addEvent('gc', durationMs / 1000, this.#worker, name);
  }
}

/** In seconds. The timer's own interval is part of what is measured, in nanoseconds; nothing is measured right after a reset. */
function delayOf(delays: Delays): Delay {
  if (delays.count === 0) return NO_DELAY;
  return { p99: lateness(delays.percentile(99)), max: lateness(delays.max) };
}

function lateness(ns: number): number {
  return Math.max(0, ns / 1e9 - RESOLUTION_MS / 1000);
}
