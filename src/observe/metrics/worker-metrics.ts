import type { MetricsConfig } from '../../config/config.ts';
import type { AccessRecord } from '../access-record.ts';
import type { WorkerMetricId } from './catalogue.ts';
import { RouteOutcomes } from './route-outcomes.ts';
import { RouteRecorder } from './route-recorder.ts';
import type { Series } from './series.ts';
import { SeriesStore } from './series-store.ts';
import type { MetricsSnapshot } from './snapshot.ts';
import { TargetRecorder } from './target-recorder.ts';

/** Label of what has no series of its own. */
export const OTHERS = '(others)';
/** A target that nobody asked for so many snapshots makes room for another, where room is scarce. */
const IDLE_SNAPSHOTS = 900;

/**
 * Everything one worker counts: plain numbers of its own, written as things happen and collected once a second. Lives
 * as long as the worker, whatever generations come and go.
 */
export class WorkerMetrics {
  readonly #store = new SeriesStore();
  readonly #noRoute = new RouteRecorder(this.#store, '');
  #otherRoutes: RouteRecorder | null = null;
  #routes: ReadonlyMap<string, RouteRecorder> = new Map();
  /** Of the configuration before, whose last requests still end. */
  #oldRoutes: ReadonlyMap<string, RouteRecorder> = new Map();
  readonly #targets = new Map<string, Map<string, TargetRecorder>>();
  readonly #single = new Map<string, Series>();
  #targetCount = 0;
  #targetsMax = 0;

  constructor() {
    this.add('handshakeFailures', 0);
    this.add('refusedConnections', 0);
    for (const version of ['TLSv1.2', 'TLSv1.3']) for (const resumed of ['true', 'false']) this.add('handshakes', 0, version, resumed);
  }

  /** The routes of a configuration: those that it has in common with the one before go on where they are. */
  useRoutes(ids: readonly string[], { routesMax, targetsMax }: MetricsConfig): void {
    const before = this.#routes;
    const own = ids.slice(0, routesMax);
    const routes = new Map(own.map((id) => [id, before.get(id) ?? this.#oldRoutes.get(id) ?? new RouteRecorder(this.#store, id)]));
    for (const [id, recorder] of this.#oldRoutes) if (!routes.has(id) && !before.has(id)) recorder.drop();
    this.#oldRoutes = before;
    this.#routes = routes;
    this.#targetsMax = targetsMax;
  }

  /** What an upstream has to offer: its series are there before its first request. */
  useTargets(upstream: string, targets: readonly string[]): void {
    this.add('retries', 0, upstream);
    for (const target of targets) this.#targetOf(upstream, target);
  }

  /** Called once for each request, when all is known of it. */
  onEnd(record: AccessRecord): void {
    this.#routeOf(record.routeId).record(record);
    if (record.target === '') return;
    this.#targetOf(record.upstream, record.target).record(record);
    if (record.attempts > 1) this.add('retries', record.attempts - 1, record.upstream);
  }

  /** Where what policies decide on a route is counted, from its first request on. */
  outcomesOf(route: string): RouteOutcomes {
    return new RouteOutcomes(() => this.#routeOf(route));
  }

  handshake(version: string, isResumed: boolean): void {
    this.add('handshakes', 1, version, String(isResumed));
  }

  handshakeFailed(): void {
    this.add('handshakeFailures', 1);
  }

  connectionRefused(): void {
    this.add('refusedConnections', 1);
  }

  /** Adds to a counter. Of labels with few values only: nothing bounds the number of series here. */
  add(metric: WorkerMetricId, value: number, ...labels: string[]): void {
    this.#singleOf(metric, labels).add(value);
  }

  /** Adds an event to a summary. */
  addEvent(metric: WorkerMetricId, value: number, ...labels: string[]): void {
    this.#singleOf(metric, labels).addEvent(value);
  }

  /** Sets a gauge, or a counter to what another has counted. */
  set(metric: WorkerMetricId, value: number, ...labels: string[]): void {
    this.#singleOf(metric, labels).set(value);
  }

  /** What has changed since the last call. */
  snapshot(): MetricsSnapshot {
    this.#dropIdleTargets();
    return this.#store.snapshot();
  }

  #routeOf(id: string): RouteRecorder {
    return id === '' ? this.#noRoute : (this.#routes.get(id) ?? this.#oldRoutes.get(id) ?? (this.#otherRoutes ??= new RouteRecorder(this.#store, OTHERS)));
  }

  #targetOf(upstream: string, target: string): TargetRecorder {
    return this.#targets.get(upstream)?.get(target) ?? this.#addTarget(upstream, target);
  }

  #addTarget(upstream: string, target: string): TargetRecorder {
    const targets = this.#targets.get(upstream) ?? new Map<string, TargetRecorder>();
    this.#targets.set(upstream, targets);
    const others = targets.get(OTHERS);
    const isFull = this.#targetCount >= this.#targetsMax;
    if (isFull && others !== undefined) return others;
    const recorder = new TargetRecorder(this.#store, upstream, isFull ? OTHERS : target);
    targets.set(isFull ? OTHERS : target, recorder);
    if (!isFull) this.#targetCount += 1;
    return recorder;
  }

  /** Names that are resolved anew and anew would fill the room with addresses that nobody has any more. */
  #dropIdleTargets(): void {
    const isFull = this.#targetCount >= this.#targetsMax;
    for (const targets of this.#targets.values()) {
      for (const [key, recorder] of targets) {
        recorder.idle += 1;
        if (!isFull || key === OTHERS || recorder.idle < IDLE_SNAPSHOTS) continue;
        recorder.drop();
        targets.delete(key);
        this.#targetCount -= 1;
      }
    }
  }

  #singleOf(metric: WorkerMetricId, labels: readonly string[]): Series {
    const key = labels.length === 0 ? metric : `${metric} ${labels.join(' ')}`;
    const known = this.#single.get(key);
    if (known !== undefined) return known;
    const series = this.#store.make(metric, ...labels);
    this.#single.set(key, series);
    return series;
  }
}
