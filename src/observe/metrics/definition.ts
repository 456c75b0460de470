/**
 * `counter` only goes up, `gauge` says how it is now, `histogram` counts by buckets; `summary` is a number of events and
 * the sum of their values. Names and units as Prometheus has them: seconds, bytes, `_total`.
 */
export interface MetricDefinition {
  readonly name: string;
  /** One sentence; it becomes the HELP line and the row of the reference. */
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly labels: readonly LabelName[];
  /** Upper bounds, ascending, without the last one, which is infinity. Histograms only. */
  readonly bounds?: readonly number[];
}

/** Every label there is, and what bounds the number of its values: the reference says so. */
export const LABELS = {
  route: 'Id of the route: its `name`, or host and path. Empty: no route matched, so a scan for unknown hosts makes no series. `(others)`: routes beyond `metrics.routes`.',
  method: 'One of the nine methods of HTTP, or `OTHER`.',
  status: 'Status of the answer where it is a registered one, or 499 where the client left; else `other`.',
  class: 'First digit of the status: `1xx` to `5xx`, or `none`.',
  code: 'Error code of the answer, from the table of error codes. Empty: the answer is no error of the gateway.',
  upstream: 'Name of the upstream.',
  target: 'Target, and its address where the name has several. `(others)`: targets beyond `metrics.targets`.',
  state: 'State of a target: `up`, `slow-start`, `unhealthy`, `ejected`, `breaker-open`, `half-open`, `draining` or `down`; of a breaker: `closed`, `open` or `half-open`.',
  credential: 'Way to authenticate: `jwt`, `apiKey`, `basic`, `forwardAuth`; `anyOf` for all together that the route lists there.',
  policy: '`ip`, `cors`, `maxBody`, `maxInFlight`, `roles` or `errorPages`.',
  outcome: 'How it came out; the row of the metric lists the values.',
  version: 'Version of TLS, or of Sluice.',
  resumed: '`true`: the session was resumed.',
  host: 'First name of the certificate.',
  source: 'Where the certificate is from: `file`, `acme` or `local-ca`.',
  worker: 'Number of the worker thread, from 1.',
  kind: 'Kind of garbage collection: `minor`, `major`, `incremental` or `weak`.',
  log: '`access` or `messages`.',
  result: '`success` or `failure`.',
  node: 'Version of Node.js.',
  le: 'Upper bound of a bucket.',
} as const;

export type LabelName = keyof typeof LABELS;
