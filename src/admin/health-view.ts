import type { CertificateStatus } from '../tls/keeper-status.ts';
import type { AdminStatus, TargetStatus } from './services.ts';

/** What `/health` tells, and `sluice status` prints: everything that is bounded by what runs, and numbers for the rest. */
export interface HealthView extends Omit<AdminStatus, 'routes'> {
  /** How many there are. */
  readonly routes: number;
  readonly upstreams: readonly UpstreamHealth[];
  readonly certificates: CertificateHealth;
}

interface UpstreamHealth {
  readonly name: string;
  readonly targets: number;
  /** Of these, those that take requests. */
  readonly available: number;
}

interface CertificateHealth {
  readonly total: number;
  /** Not there yet. */
  readonly waiting: number;
  /** The last attempt to get or read a newer one failed. */
  readonly failing: number;
  /** When the first of them ends, ISO 8601; null: there is none. */
  readonly firstNotAfter: string | null;
}

const AVAILABLE: ReadonlySet<TargetStatus['state']> = new Set(['up', 'slow-start', 'half-open']);

export function healthView({ routes, ...status }: AdminStatus, certificates: readonly CertificateStatus[]): HealthView {
  const ends = certificates.flatMap(({ notAfter }) => (notAfter === null || notAfter === '' ? [] : [notAfter])).toSorted();
  return {
    ...status,
    routes: routes.length,
    upstreams: upstreamsOf(status.targets),
    certificates: {
      total: certificates.length,
      waiting: certificates.filter(({ pendingSince }) => pendingSince !== null).length,
      failing: certificates.filter(({ lastError }) => lastError !== null).length,
      firstNotAfter: ends[0] ?? null,
    },
  };
}

function upstreamsOf(targets: readonly TargetStatus[]): UpstreamHealth[] {
  return [...Map.groupBy(targets, ({ upstream }) => upstream)].map(([name, members]) => ({
    name,
    targets: members.length,
    available: members.filter(({ state }) => AVAILABLE.has(state)).length,
  }));
}
