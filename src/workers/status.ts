import type { AdminStatus, ListenerStatus, RouteStatus, TargetStatus } from '../admin/services.ts';
import type { ListenAddress, RouteConfig } from '../config/config.ts';
import { addressText } from '../lib/address-text.ts';
import type { OpenPort } from '../listen/ports.ts';
import type { GenerationPlan } from './messages.ts';
import type { WorkerThread } from './worker-thread.ts';

interface StatusFacts {
  readonly status: AdminStatus['status'];
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly plan: GenerationPlan;
  readonly ports: readonly OpenPort[];
  readonly admin: ListenAddress | null;
  readonly members: readonly Pick<WorkerThread, 'number' | 'state' | 'generation'>[];
  readonly targets: readonly TargetStatus[];
}

/** What runs at this moment, for the admin server. */
export function statusOf(facts: StatusFacts): AdminStatus {
  const { status, version, uptimeSeconds, plan, members, targets } = facts;
  return {
    status,
    version,
    generation: plan.generation,
    uptimeSeconds: Math.round(uptimeSeconds),
    listeners: listenersOf(facts),
    workers: members.map(({ number, state, generation }) => ({ id: number, state, generation })),
    routes: plan.config.routes.map(routeStatus),
    targets,
  };
}

function listenersOf({ ports, admin }: StatusFacts): ListenerStatus[] {
  const open = ports.map(({ kind, address }): ListenerStatus => ({ kind, address: addressText(address) }));
  return admin === null ? open : [...open, { kind: 'admin', address: addressText(admin) }];
}

export function routeStatus({ id, action }: RouteConfig): RouteStatus {
  return { id, action: action.kind, upstream: action.kind === 'forward' ? action.upstream : null };
}
