import type { RosterGeneration } from '../balance/roster.ts';
import type { Config } from '../config/config.ts';
import type { GuardConfig } from '../config/reload-config.ts';
import type { Exchange, ExchangeOwner } from '../exchange/exchange.ts';
import type { Clock } from '../lib/clock.ts';
import { AccessJournal } from '../observe/access-journal.ts';
import { isLogged } from '../observe/log-rule.ts';
import type { MetricsSnapshot } from '../observe/metrics/snapshot.ts';
import { WorkerMetrics } from '../observe/metrics/worker-metrics.ts';
import type { RecentAnswer, RecentQuery } from '../observe/recent-request.ts';
import { RecentRequests } from '../observe/recent-requests.ts';
import { Tracing } from '../observe/traces/tracing.ts';
import { GuardCounts, type GuardSnapshot } from './guard-counts.ts';

/** What a worker knows of itself at the moment of a snapshot. */
interface Gauges {
  readonly requestsInFlight: number;
  /** Requests that wait, by upstream. */
  readonly waiting: ReadonlyMap<string, number>;
  /** Messages of the worker's own that were lost so far. */
  readonly droppedMessages: number;
}

/** Everything that one worker writes down of its requests, whatever generation they belong to. */
export class Observation {
  readonly metrics = new WorkerMetrics();
  readonly #recent = new RecentRequests();
  readonly journal: AccessJournal;
  readonly traces: Tracing;
  readonly #clock: Clock;
  /** Null: the configuration in force has no guard. */
  #guard: GuardCounts | null = null;
  /** Upstreams with a gauge of their own; one that is gone has nobody waiting. */
  readonly #waited = new Set<string>();

  constructor(services: ConstructorParameters<typeof AccessJournal>[0] & ConstructorParameters<typeof Tracing>[0]) {
    this.journal = new AccessJournal(services);
    this.traces = new Tracing(services);
    this.#clock = services.clock;
  }

  /** From now on as this configuration says. @param upstreams their members, by name. */
  use({ accessLog, routes, metrics, traces, recentRequests }: Config, upstreams: RosterGeneration['upstreams']): void {
    this.traces.use(traces);
    this.journal.use(accessLog);
    this.#recent.keep(recentRequests);
    this.metrics.useRoutes(routes.map(({ id }) => id), metrics);
    for (const [name, { members }] of Object.entries(upstreams)) {
      this.metrics.useTargets(name, members.map(({ key }) => key));
      this.#waited.add(name);
    }
  }

  /** From now on requests of this generation are counted for the guard of reloads, or none. */
  guard(generation: ExchangeOwner & { readonly number: number }, guard: GuardConfig | null): void {
    this.#guard = guard === null ? null : new GuardCounts(generation, this.#clock);
  }

  /** Called for each request, when it is handed to the generation in force. */
  onBegin(exchange: Exchange): void {
    this.#guard?.begin(exchange);
  }

  /** Called once for each request, when everything is known of it. */
  onEnd(exchange: Exchange): void {
    const { privacy } = this.journal;
    // A sample is taken by the id as it came, which all gateways on its way have seen.
    const isWritten = isLogged(exchange.accessLog, exchange);
    // Nobody is told them any more, and from here on they are only written down.
    exchange.id = privacy.id(exchange.id);
    exchange.traceId = privacy.hexId(exchange.traceId);
    if (isWritten) this.journal.write(exchange);
    this.metrics.onEnd(exchange);
    this.#recent.add(exchange);
    this.#guard?.end(exchange);
    this.traces.onEnd(exchange, privacy);
  }

  /** Of the last requests, whatever the access log says of them. */
  recent(query: RecentQuery): RecentAnswer {
    return this.#recent.read(query, this.journal.privacy);
  }

  /** For the guard of reloads, since the last call; null: there is none. */
  guardCounts(isOnTrial: boolean): GuardSnapshot | null {
    return this.#guard?.take(isOnTrial) ?? null;
  }

  /** What has been counted since the last call. */
  snapshot({ requestsInFlight, waiting, droppedMessages }: Gauges): MetricsSnapshot {
    const { metrics } = this;
    metrics.set('inFlight', requestsInFlight);
    for (const name of waiting.keys()) this.#waited.add(name);
    for (const name of this.#waited) metrics.set('waiting', waiting.get(name) ?? 0, name);
    metrics.set('droppedLines', this.journal.dropped, 'access');
    metrics.set('droppedLines', droppedMessages, 'messages');
    metrics.set('droppedSpans', this.traces.dropped);
    return metrics.snapshot();
  }
}
