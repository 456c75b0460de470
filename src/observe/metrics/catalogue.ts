import { DURATION_BOUNDS_S, SIZE_BOUNDS } from './buckets.ts';
import type { MetricDefinition } from './definition.ts';
import { OUTCOMES } from './outcome.ts';

const TARGET = ['upstream', 'target'] as const;

function counter(name: string, labels: MetricDefinition['labels'], help: string): MetricDefinition {
  return { name, labels, help, type: 'counter' };
}

function gauge(name: string, labels: MetricDefinition['labels'], help: string): MetricDefinition {
  return { name, labels, help, type: 'gauge' };
}

function histogram(name: string, labels: MetricDefinition['labels'], bounds: readonly number[], help: string): MetricDefinition {
  return { name, labels, help, type: 'histogram', bounds };
}

function listed(values: readonly string[]): string {
  return values.map((value) => `\`${value}\``).join(', ');
}

/** Counted by workers, and added up by the control plane. */
export const WORKER_METRICS = {
  requests: counter('sluice_http_requests_total', ['route', 'method', 'status', 'class', 'code'], 'Requests that have ended.'),
  duration: histogram('sluice_http_request_duration_seconds', ['route'], DURATION_BOUNDS_S, 'From the first byte of a request to the last byte of its answer. Without upgraded connections.'),
  requestSize: histogram('sluice_http_request_size_bytes', ['route'], SIZE_BOUNDS, 'Bodies of requests, as far as they were read to be sent on: 0 where a request was not forwarded. With what a tunnel carried.'),
  responseSize: histogram('sluice_http_response_size_bytes', ['route'], SIZE_BOUNDS, 'Bodies of answers, as they were sent. With what a tunnel carried.'),
  inFlight: gauge('sluice_http_requests_in_flight', [], 'Requests that have begun and not ended, upgraded connections included.'),
  authentications: counter('sluice_authentications_total', ['route', 'credential', 'outcome'], `Requests on routes that ask who the client is, by each way that was tried: ${listed(OUTCOMES.jwt)}. \`forbidden\`: recognised, without a role that is needed; \`refused\`: the service of \`forwardAuth\` has answered itself.`),
  rateLimit: counter('sluice_rate_limit_decisions_total', ['route', 'outcome'], `Decisions of rate limits, one for each request, two where limits before and after authentication differ: ${listed(OUTCOMES.rateLimit)}. \`dry_run\`: would have been refused; \`exempt\`: by \`allow\`; \`store_failed\`: let through without the store; \`unavailable\`: refused for want of it.`),
  compression: counter('sluice_compressed_responses_total', ['route', 'outcome'], `Answers on routes that compress, by coding or by why there is none: ${listed(OUTCOMES.compression)}. \`encoded\`: it has a coding or a digest, or says no-transform; \`no_seat\`: \`atOnce\` is reached.`),
  policies: counter('sluice_policy_decisions_total', ['route', 'policy', 'outcome'], `What other policies have decided: ${listed([...new Set([...OUTCOMES.ip, ...OUTCOMES.cors, ...OUTCOMES.errorPages])])}. \`intercepted\`: a page took the place of an answer of the upstream. What passes is not counted.`),
  connectTime: histogram('sluice_upstream_connect_duration_seconds', TARGET, DURATION_BOUNDS_S, 'Time to a new connection, TLS included. Without requests that found an idle one.'),
  headTime: histogram('sluice_upstream_head_duration_seconds', TARGET, DURATION_BOUNDS_S, 'From the start of the attempt to the head of the answer.'),
  responseTime: histogram('sluice_upstream_response_duration_seconds', TARGET, DURATION_BOUNDS_S, 'From the start of the attempt to the last byte of the answer.'),
  retries: counter('sluice_upstream_retries_total', ['upstream'], 'Attempts beside the first one of each request, hedged ones included.'),
  waiting: gauge('sluice_upstream_requests_waiting', ['upstream'], 'Requests that wait for a target, or for a place at one.'),
  handshakes: counter('sluice_tls_handshakes_total', ['version', 'resumed'], 'TLS handshakes with clients.'),
  handshakeFailures: counter('sluice_tls_handshake_failures_total', [], 'TLS handshakes with clients that came to nothing.'),
  refusedConnections: counter('sluice_connections_refused_total', [], 'Connections closed at once, because a limit was reached.'),
  droppedLines: counter('sluice_log_lines_dropped_total', ['log'], 'Lines lost because their reader was too slow or the disk full.'),
  droppedSpans: counter('sluice_trace_spans_dropped_total', [], 'Spans of traces lost because their collector was too slow or away.'),
  loopDelay99: gauge('sluice_worker_event_loop_delay_p99_seconds', ['worker'], 'How late the event loop was in the last 15 to 30 s: 99th percentile.'),
  loopDelayMax: gauge('sluice_worker_event_loop_delay_max_seconds', ['worker'], 'How late the event loop was in the last 15 to 30 s at most.'),
  loopActive: counter('sluice_worker_event_loop_active_seconds_total', ['worker'], 'Time the event loop was busy. Its rate is the use of one core, 0 to 1.'),
  heapUsed: gauge('sluice_worker_heap_used_bytes', ['worker'], 'Memory in use on the heap.'),
  heapLimit: gauge('sluice_worker_heap_limit_bytes', ['worker'], 'Size the heap may grow to.'),
  externalMemory: gauge('sluice_worker_external_memory_bytes', ['worker'], 'Memory outside of the heap that objects on it hold.'),
  gc: { name: 'sluice_worker_gc_duration_seconds', labels: ['worker', 'kind'], type: 'summary', help: 'Time that garbage collection took.' },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** Known to the control plane alone, and looked up for each answer. */
export const CONTROL_METRICS = {
  build: gauge('sluice_build_info', ['version', 'node'], 'Always 1.'),
  ready: gauge('sluice_ready', [], '1: the public listeners take requests.'),
  generation: gauge('sluice_config_generation', [], 'Counts from 1, up with every reload that succeeded.'),
  reloads: counter('sluice_config_reloads_total', ['result'], 'Reloads of the configuration: `success`, `failure`. `rolled_back`: of those that succeeded, taken back by the guard.'),
  reloadGood: gauge('sluice_config_last_reload_successful', [], '0: the last reload was refused or taken back, and the configuration before it is in force.'),
  reloadTime: gauge('sluice_config_last_reload_success_timestamp_seconds', [], 'When the configuration in force was taken over, in Unix time.'),
  reloadDuration: gauge('sluice_config_last_reload_duration_seconds', [], 'How long the last reload took; 0 before the first.'),
  connections: gauge('sluice_connections_open', [], 'Connections of clients.'),
  streams: gauge('sluice_event_streams_open', ['route'], 'Event streams; only routes that have some.'),
  tunnels: gauge('sluice_upgraded_connections_open', ['route'], 'WebSockets and other upgraded connections; only routes that have some.'),
  targetRequests: counter('sluice_upstream_requests_total', TARGET, 'Calls of a target that came to a result.'),
  targetFailures: counter('sluice_upstream_failures_total', TARGET, 'Calls of a target that failed: no connection, no answer, or a status of 500 and above.'),
  ejections: counter('sluice_upstream_ejections_total', TARGET, 'Times a target was taken out because its calls failed in a row, or connections to it did.'),
  targetInFlight: gauge('sluice_upstream_requests_in_flight', TARGET, 'Requests in work at a target.'),
  targetAvailable: gauge('sluice_upstream_target_available', TARGET, '1: requests may go to it.'),
  targetState: gauge('sluice_upstream_target_state', [...TARGET, 'state'], '1 for the state a target is in, 0 for all others.'),
  breakerState: gauge('sluice_upstream_breaker_state', ['upstream', 'state'], '1 for the state the breaker of an upstream as a whole is in, 0 for the others; only upstreams that have one.'),
  certificateEnd: gauge('sluice_certificate_not_after_timestamp_seconds', ['host', 'source'], 'When a certificate ends, in Unix time.'),
  certificateRenewal: gauge('sluice_certificate_renewal_timestamp_seconds', ['host', 'source'], 'When the next certificate is fetched, in Unix time; missing where nobody can know.'),
  certificateFailed: gauge('sluice_certificate_renewal_failed', ['host', 'source'], '1: the last attempt to get or read a newer certificate failed.'),
  workerUp: gauge('sluice_worker_up', ['worker'], '1: the worker serves requests.'),
  workerRestarts: counter('sluice_worker_restarts_total', [], 'Workers that died and were replaced.'),
  workerAge: gauge('sluice_worker_metrics_age_seconds', ['worker'], 'Age of what is known of a worker: above a few seconds, it is too busy to answer.'),
  cpu: counter('process_cpu_seconds_total', [], 'Time on the processor, user and system.'),
  memory: gauge('process_resident_memory_bytes', [], 'Memory of the whole process.'),
  start: gauge('process_start_time_seconds', [], 'When the process began, in Unix time.'),
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type WorkerMetricId = keyof typeof WORKER_METRICS;
export type ControlMetricId = keyof typeof CONTROL_METRICS;

/** By name, as they are answered. */
export function allMetrics(): readonly MetricDefinition[] {
  return [...Object.values(WORKER_METRICS), ...Object.values(CONTROL_METRICS)].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}
