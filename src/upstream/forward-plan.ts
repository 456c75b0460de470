import type { Clock } from '../lib/clock.ts';
import type { Deadlines } from '../lib/deadlines.ts';
import type { Counter } from '../lib/shared-cells.ts';
import type { PhaseLimits } from './phase.ts';
import type { TunnelHost } from './tunnel.ts';
import type { UpstreamRuntime } from './upstream-runtime.ts';

/** Everything about forwarding on one route, joined at load. */
export interface ForwardPlan {
  readonly upstream: UpstreamRuntime;
  /** Null: the path goes on as it is. */
  readonly rewrite: ((path: string) => string) | null;
  /** Null keeps the client's; `target` is the target's own. */
  readonly hostHeader: string | null;
  readonly limits: PhaseLimits;
  /** The whole of an ordinary answer; Infinity: no bound. */
  readonly totalMs: number;
  readonly streams: Counter;
  readonly streamsMax: number;
  readonly tunnels: Counter;
  readonly tunnelsMax: number;
  readonly tunnelIdleMs: number;
  readonly deadlines: Deadlines;
  readonly clock: Clock;
  readonly tunnelHost: TunnelHost;
}
