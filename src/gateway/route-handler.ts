import type { WorkerUpstream } from '../balance/worker-upstream.ts';
import type { Config, ForwardAction, RouteConfig } from '../config/config.ts';
import type { Clock } from '../lib/clock.ts';
import type { Deadlines } from '../lib/deadlines.ts';
import type { CellIndex, SharedCells } from '../lib/shared-cells.ts';
import type { RouteHandler } from '../policy/pipeline.ts';
import { createRewrite } from '../request/rewrite.ts';
import { redirectHandler, respondHandler } from '../respond/fixed.ts';
import { healthHandler } from '../respond/health.ts';
import { forward } from '../upstream/forward.ts';
import { phaseLimits } from '../upstream/phase.ts';
import type { TunnelHost } from '../upstream/tunnel.ts';

interface HandlerServices {
  readonly config: Config;
  readonly upstreams: ReadonlyMap<string, WorkerUpstream>;
  readonly cellIndex: CellIndex;
  readonly cells: SharedCells;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly tunnelHost: TunnelHost;
  /** A stop has begun. */
  readonly isDraining: () => boolean;
}

/** Where a request comes to when every policy has let it pass. @throws Error where the configuration does not fit. */
export function routeHandler(route: RouteConfig, services: HandlerServices): RouteHandler {
  switch (route.action.kind) {
    case 'respond': return respondHandler(route.action);
    case 'redirect': return redirectHandler(route.action);
    case 'health': return healthHandler(route.action, services.isDraining);
    case 'forward': return forwardHandler(route.id, route.action, services);
  }
}

function forwardHandler(id: string, action: ForwardAction, services: HandlerServices): RouteHandler {
  const { config, upstreams, cellIndex, cells, clock, deadlines, tunnelHost } = services;
  const upstream = upstreams.get(action.upstream);
  if (upstream === undefined) throw new Error(`route ${id}: there is no upstream ${action.upstream}`);
  const { timeouts } = action;
  const plan = {
    upstream: upstream.runtime,
    rewrite: createRewrite(action.rewrite),
    hostHeader: action.hostHeader,
    limits: phaseLimits(config.listen.timeouts, timeouts),
    totalMs: timeouts.totalMs > 0 ? timeouts.totalMs : Infinity,
    streams: cells.counter(cellIndex, `streams ${id}`),
    streamsMax: action.streamsMax,
    tunnels: cells.counter(cellIndex, `tunnels ${id}`),
    tunnelsMax: action.tunnelsMax,
    tunnelIdleMs: timeouts.tunnelMs > 0 ? timeouts.tunnelMs : Infinity,
    deadlines,
    clock,
    tunnelHost,
  };
  return (exchange) => forward(exchange, plan);
}
