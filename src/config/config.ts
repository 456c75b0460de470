import type { AccessLogConfig, LogRule } from './access-log-config.ts';
import type { PolicySettings } from './policies/policy-kinds.ts';
import type { RateLimitsConfig } from './rate-limits-config.ts';
import type { ReloadConfig } from './reload-config.ts';
import type { RouteMatch } from './route-match.ts';
import type { UpstreamConfig, UpstreamTimeouts } from './upstream-config.ts';
import type { AcmeConfig, TlsConfig } from './tls-config.ts';
import type { TracesConfig } from './traces-config.ts';

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
  readonly metrics: MetricsConfig;
  readonly traces: TracesConfig;
  /** Requests that each worker remembers for the operator. */
  readonly recentRequests: number;
  readonly tls: TlsConfig;
  /** Null: no certificates are ordered. */
  readonly acme: AcmeConfig | null;
  readonly rateLimits: RateLimitsConfig;
  readonly reload: ReloadConfig;
  /** How long requests in flight may take to finish after SIGTERM. */
  readonly drainTimeoutMs: number;
  readonly upstreams: readonly UpstreamConfig[];
  readonly routes: readonly RouteConfig[];
  /** For answers that belong to no route: what `defaults` says. */
  readonly noRoutePolicies: PolicySettings;
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
  /** Other processes may listen on the same ports. */
  readonly reusePort: boolean;
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

/** What has series of its own; what is beyond is counted together. */
export interface MetricsConfig {
  readonly routesMax: number;
  /** Over all upstreams, in one worker. */
  readonly targetsMax: number;
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
  readonly accessLog: LogRule;
  readonly policies: PolicySettings;
}

export type RouteAction = ForwardAction | RespondAction | RedirectAction | HealthAction;

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

/** Answers as the admin listener does at `/readiness` and `/liveness`. */
export interface HealthAction {
  readonly kind: 'health';
  readonly probe: 'readiness' | 'liveness';
}
