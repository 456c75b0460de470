import type { AdminStatus, ListenerStatus, RouteStatus, TargetStatus } from '../admin/services.ts';
import type { ListenAddress, RouteConfig } from '../config/config.ts';
import { addressText } from '../lib/address-text.ts';
import type { SharedCells } from '../lib/shared-cells.ts';
import type { OpenPort } from '../listen/ports.ts';
import { failedUntilCell, inFlightCell } from '../gateway.ts';
import type { GenerationPlan } from './messages.ts';
import type { WorkerThread } from './worker-thread.ts';

interface StatusFacts {
  readonly status: AdminStatus['status'];
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly nowSeconds: number;
  readonly plan: GenerationPlan;
  readonly ports: readonly OpenPort[];
  readonly admin: ListenAddress | null;
  readonly members: readonly Pick<WorkerThread, 'number' | 'state' | 'generation'>[];
  readonly cells: SharedCells;
}

/** What runs at this moment, for the admin server. */
export function statusOf(facts: StatusFacts): AdminStatus {
  const { status, version, uptimeSeconds, plan, members } = facts;
  return {
    status,
    version,
    generation: plan.generation,
    uptimeSeconds: Math.round(uptimeSeconds),
    listeners: listenersOf(facts),
    workers: members.map(({ number, state, generation }) => ({ id: number, state, generation })),
    routes: plan.config.routes.map(routeOf),
    targets: targetsOf(facts),
  };
}

function listenersOf({ ports, admin }: StatusFacts): ListenerStatus[] {
  const open = ports.map(({ kind, address }): ListenerStatus => ({ kind, address: addressText(address) }));
  return admin === null ? open : [...open, { kind: 'admin', address: addressText(admin) }];
}

function routeOf({ id, action }: RouteConfig): RouteStatus {
  return { id, action: action.kind, upstream: action.kind === 'forward' ? action.upstream : null };
}

function targetsOf({ plan, cells, nowSeconds }: StatusFacts): TargetStatus[] {
  const { config, cellIndex } = plan;
  return config.upstreams.flatMap((upstream) => upstream.targets.map(({ name }): TargetStatus => {
    const failedUntil = cells.sharedNumber(cellIndex, failedUntilCell(upstream.name, name)).load() >>> 0;
    const inFlight = cells.counter(cellIndex, inFlightCell(upstream.name, name)).total();
    return { upstream: upstream.name, name, state: failedUntil > nowSeconds ? 'failing' : 'up', inFlight };
  }));
}
