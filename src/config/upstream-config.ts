export interface UpstreamConfig {
  readonly name: string;
  readonly targets: readonly TargetConfig[];
  readonly tls: UpstreamTlsConfig;
  /** `h2`: prior knowledge over plain TCP, ALPN over TLS. */
  readonly protocol: 'http1' | 'h2';
  readonly http2: Http2Config;
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

/** Of no effect with HTTP/1.1. */
export interface Http2Config {
  /** Connections open at once per member and worker. */
  readonly connectionsMax: number;
  /** Between two PINGs while requests are on a connection. 0: none. */
  readonly pingMs: number;
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
