/**
 * The configuration as the rest of Sluice sees it: defaults filled in, units converted, shorthands
 * spelled out. Plain data, so that it can be sent to a worker thread. A duration of 0 means "off".
 */
export interface Config {
  /** The file it was read from, as the user named it. */
  readonly file: string;
  readonly listen: ListenConfig;
  /** Data-plane threads. */
  readonly workers: number;
  /** CIDR blocks whose X-Forwarded-* and Forwarded headers are believed. */
  readonly trustedProxies: readonly string[];
  readonly log: LogConfig;
  readonly accessLog: AccessLogConfig;
  readonly tls: TlsConfig;
  /** How long requests in flight may take to finish after SIGTERM. */
  readonly drainTimeoutMs: number;
  readonly upstreams: readonly UpstreamConfig[];
  readonly routes: readonly RouteConfig[];
}

/** A port to bind. `host` is `::` (IPv4 and IPv6) where the file names only a port. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface ListenConfig {
  readonly http: readonly ListenAddress[];
  readonly https: readonly ListenAddress[];
  readonly admin: ListenAddress | null;
  readonly limits: ListenLimits;
  readonly timeouts: ClientTimeouts;
}

export interface ListenLimits {
  readonly headerBytesMax: number;
  readonly headerCountMax: number;
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly streamsPerConnectionMax: number;
}

export interface ClientTimeouts {
  readonly tlsHandshakeMs: number;
  readonly headerMs: number;
  /** From the first byte of a request to the last byte of its body. */
  readonly requestMs: number;
  /** Between two reads of a request body. */
  readonly bodyMs: number;
  /** A keep-alive connection without a request. */
  readonly idleMs: number;
  /** A client that does not read what is sent to it. */
  readonly sendMs: number;
}

export interface LogConfig {
  readonly level: 'error' | 'warn' | 'info' | 'debug';
}

export interface AccessLogConfig {
  /** `auto`: pretty on a terminal, JSON elsewhere. */
  readonly format: 'auto' | 'json' | 'pretty' | 'off';
}

export interface TlsConfig {
  readonly certificates: readonly CertificateFiles[];
  /** Where the local CA and what it issued are kept. */
  readonly storeDir: string;
}

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface UpstreamConfig {
  readonly name: string;
  readonly targets: readonly TargetConfig[];
  readonly tls: UpstreamTlsConfig;
  readonly keepAlive: KeepAliveConfig;
  readonly balance: BalanceConfig;
  /** Active checks; null: none. */
  readonly health: HealthConfig | null;
  readonly ejection: EjectionConfig;
  /** Connection failures within failTimeoutMs after which a member is passed over that long (nginx: max_fails). 0: never. */
  readonly failsMax: number;
  readonly failTimeoutMs: number;
  /** How long a member that came back gets less than its share. 0: off. */
  readonly slowStartMs: number;
  /** Share of available members, 0 to 1, below which health is ignored. */
  readonly panicShare: number;
  readonly retry: RetryConfig;
  readonly hold: HoldConfig;
  readonly breaker: BreakerConfig | null;
  readonly limit: MemberLimitConfig | null;
  readonly hedge: HedgeConfig | null;
  readonly resolve: ResolveConfig;
  readonly timeouts: UpstreamTimeouts;
}

export type BalanceConfig =
  | { readonly kind: 'round-robin' | 'least-conn' | 'random-two' }
  | { readonly kind: 'hash'; readonly key: HashKey }
  | { readonly kind: 'sticky'; readonly cookie: string; readonly secret: string | null; readonly ttlMs: number; readonly over: 'round-robin' | 'least-conn' | 'random-two' };

/** What a consistent hash is taken of; `name` is null for `address` and `path`, lower case for a header. */
export interface HashKey {
  readonly of: 'address' | 'header' | 'cookie' | 'path' | 'query';
  readonly name: string | null;
}

export interface HealthConfig {
  readonly kind: 'http' | 'tcp';
  readonly path: string;
  /** Value of Host; null: the target's own. */
  readonly host: string | null;
  /** Null: the target's own. */
  readonly port: number | null;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Ranges of good statuses, both ends included. */
  readonly statuses: readonly (readonly [from: number, to: number])[];
  /** RE2 that the first 64 KiB of the body must match; null: not looked at. */
  readonly body: string | null;
  readonly everyMs: number;
  readonly timeoutMs: number;
  /** Good answers in a row that bring a member back, bad ones that take it out. */
  readonly rise: number;
  readonly fall: number;
}

/** Outlier ejection, with Envoy's meaning and defaults. */
export interface EjectionConfig {
  /** Failures in a row; 0 turns ejection off. */
  readonly failures: number;
  /** First ejection; the n-th in a row lasts n times as long. */
  readonly timeMs: number;
  readonly timeMaxMs: number;
  /** Share of the members, 0 to 1, that may be out at once; one always may. */
  readonly shareMax: number;
}

export interface HoldConfig {
  /** How long a request waits for an available member. 0: not at all. */
  readonly waitMs: number;
  /** Requests waiting at once in one worker. */
  readonly queueMax: number;
}

export interface BreakerConfig {
  /** Share of failed calls, 0 to 1, that opens; 0: not looked at. */
  readonly errorShare: number;
  /** Share of slow calls, 0 to 1, that opens; 0: not looked at. */
  readonly slowShare: number;
  readonly slowMs: number;
  /** At most 10 s. */
  readonly windowMs: number;
  /** Fewer calls than this in the window open nothing. */
  readonly requestsMin: number;
  readonly openMs: number;
  /** Calls let through when half open; all must be good. */
  readonly probes: number;
  /** The upstream as a whole has a breaker too. */
  readonly upstream: boolean;
}

export interface MemberLimitConfig {
  /** Requests in flight per member, over all workers. */
  readonly requestsMax: number;
  /** Requests waiting for a place, in one worker. */
  readonly queueMax: number;
  readonly waitMs: number;
}

export interface HedgeConfig {
  /** Fixed delay; null: the percentile. */
  readonly afterMs: number | null;
  /** 0 to 1. */
  readonly percentile: number;
}

export interface ResolveConfig {
  /** Bounds of how often a name is asked again, whatever its TTL. */
  readonly minMs: number;
  readonly maxMs: number;
  /** `address:port`; empty: the system's. */
  readonly servers: readonly string[];
}

/**
 * Where requests of an upstream can go: a name that stands for every address behind it, an address, or a
 * unix socket (`path`; host and port are unused then).
 */
export interface TargetConfig {
  /** As written in logs and metrics: `api:8000`, `https://api:8443`, `unix:/run/api.sock`. */
  readonly name: string;
  readonly secure: boolean;
  readonly host: string;
  /** 0 with `srv`: the records say it. */
  readonly port: number;
  readonly path: string | null;
  /** `host` is the name of SRV records. */
  readonly srv: boolean;
  /** 1 to 1000. */
  readonly weight: number;
  /** Used only while no other target is available. */
  readonly backup: boolean;
}

export interface UpstreamTlsConfig {
  readonly verify: boolean;
  /** PEM text of the CA to verify against; null is Node's own list. */
  readonly ca: string | null;
  /** Name sent as SNI and verified; null is the target's host. */
  readonly serverName: string | null;
}

export interface KeepAliveConfig {
  /** Idle connections kept per target and worker. 0 closes each connection after its answer. */
  readonly connectionsMax: number;
  readonly idleMs: number;
  readonly lifetimeMs: number;
}

export interface RetryConfig {
  /** Further attempts per request. */
  readonly attempts: number;
  readonly onConnect: boolean;
  readonly onReset: boolean;
  readonly onTimeout: boolean;
  /** Statuses that count as a failure worth another attempt. */
  readonly statuses: readonly number[];
  /** Share of the requests of the last 10 s that may be retries, 0 to 1; three are always allowed. */
  readonly budgetShare: number;
  /** A request body up to this size is kept until the answer comes, so that it can be sent again. */
  readonly bodyBytesMax: number;
}

export interface UpstreamTimeouts {
  readonly connectMs: number;
  /** From the request sent to the response head received. */
  readonly responseMs: number;
  /** Between two reads of a response body. */
  readonly idleMs: number;
  /** The whole of an ordinary answer. */
  readonly totalMs: number;
  /** An event stream without an event. */
  readonly streamMs: number;
  /** A WebSocket or other upgraded connection without a byte in either direction. */
  readonly tunnelMs: number;
}

export interface RouteConfig {
  /** Unique and readable: the `name` given, or host and path. Label of logs and metrics. */
  readonly id: string;
  /** 1-based line of the route in its file, for messages. */
  readonly line: number;
  /** One for each combination of the hosts and paths given; any of them may match. */
  readonly matches: readonly RouteMatch[];
  readonly action: RouteAction;
  /** Plain HTTP is redirected to HTTPS with 308 (only where an HTTPS listener exists). */
  readonly httpsRedirect: boolean;
  readonly accessLog: boolean;
}

export interface RouteMatch {
  /** Lower case: `app.example.com`, `*.example.com`, or null for every host. */
  readonly host: string | null;
  readonly path: PathPattern;
  /** Upper case; null for every method. */
  readonly methods: readonly string[] | null;
  readonly headers: readonly ValueMatch[];
  readonly query: readonly ValueMatch[];
  /** Breaks ties between routes that are equally specific; higher wins. Default 0. */
  readonly priority: number;
}

/** A header (name in lower case) or query parameter that must be there; value null: with any value. */
export interface ValueMatch {
  readonly name: string;
  readonly value: string | null;
}

export type PathPattern =
  /** `/health`: this path only. */
  | { readonly kind: 'exact'; readonly path: string }
  /** `/api/*`: `/api` and all below it. `prefix` has no trailing slash; '' is `/*`. */
  | { readonly kind: 'prefix'; readonly prefix: string }
  /** `/static/*.{css,js}`: below the prefix, last segment with one of these endings (lower case, no dot). */
  | { readonly kind: 'extension'; readonly prefix: string; readonly extensions: readonly string[] }
  /** `~^/users/[0-9]+$`: RE2 syntax, unanchored unless it says so. */
  | { readonly kind: 'regex'; readonly source: string };

export type RouteAction = ForwardAction | RespondAction | RedirectAction;

export interface ForwardAction {
  readonly kind: 'forward';
  readonly upstream: string;
  readonly rewrite: PathRewrite;
  /** What the upstream sees as Host: null keeps the client's, `target` is the target's own, else this text. */
  readonly hostHeader: string | null;
  readonly timeouts: UpstreamTimeouts;
  /** Event streams open at once on this route, all workers together. */
  readonly streamsMax: number;
  /** Upgraded connections open at once on this route, all workers together. */
  readonly tunnelsMax: number;
}

export interface PathRewrite {
  /** Removed from the start of the path; '' removes nothing. */
  readonly stripPrefix: string;
  /** Put before the path, after stripping; '' adds nothing. */
  readonly addPrefix: string;
  /** RE2 search and replacement (`$1`), after both; null does nothing. */
  readonly replace: { readonly pattern: string; readonly with: string } | null;
}

export interface RespondAction {
  readonly kind: 'respond';
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface RedirectAction {
  readonly kind: 'redirect';
  /** Absolute URL or path, with the placeholders `{host}`, `{path}` and `{query}` (with its `?`). */
  readonly to: string;
  readonly status: 301 | 302 | 303 | 307 | 308;
}
