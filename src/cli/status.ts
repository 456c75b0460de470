import { getCertificates } from '../admin/certificates-client.ts';
import type { HealthView } from '../admin/health-view.ts';
import type { StatusBoard } from '../admin/status-board.ts';
import { getHealth, readBoard } from '../admin/status-client.ts';
import { daysLeft } from '../admin/verdict.ts';
import type { TrafficCount } from '../admin/status-source.ts';
import { systemClock, type Clock } from '../lib/clock.ts';
import { terminalStyle } from '../observe/terminal-style.ts';
import type { CertificateStatus } from '../tls/keeper-status.ts';
import type { CommandOptions } from './command-options.ts';
import { jsonPage } from './json-text.ts';
import { withGateway } from './running-gateway.ts';
import { statusReport } from './status-report.ts';
import { Exit, type Terminal } from './terminal.ts';

/** `sluice status`: how the running gateway is, at this moment. @returns 1 where it does not take requests. */
export async function status(file: string, terminal: Terminal, { json }: Pick<CommandOptions, 'json'>, clock: Clock = systemClock): Promise<number> {
  return withGateway(file, terminal, async (place) => {
    const [health, certificates, board] = await Promise.all([getHealth(place), getCertificates(place.address, place.token), readBoard(place)]);
    const facts = { health, certificates, board, nowMs: board?.nowMs ?? clock.now() };
    terminal.out(json ? jsonPage(statusData(facts)) : statusReport(facts, terminalStyle(terminal.outColor)).join('\n'));
    return health.status === 'ready' ? Exit.Ok : Exit.Failed;
  });
}

interface StatusFacts {
  readonly health: HealthView;
  readonly certificates: readonly CertificateStatus[];
  /** Null: it could not be had. */
  readonly board: StatusBoard | null;
  readonly nowMs: number;
}

/** What `--json` prints. */
function statusData({ health, certificates, board, nowMs }: StatusFacts): object {
  return {
    ready: health.status === 'ready',
    verdict: board?.view?.verdict ?? null,
    health,
    certificates: certificates.map((certificate) => ({ ...certificate, daysLeft: daysLeft(certificate.notAfter, nowMs) })),
    lastMinute: board === null ? null : { ...counted(board.all.minute), routes: board.routes.map(({ route, minute }) => ({ route, ...counted(minute) })) },
    errors: board?.view?.errors.items ?? null,
  };
}

/** To others, what was not measured is null. */
function counted({ p50Ms, p95Ms, ...counts }: TrafficCount): object {
  return { ...counts, p50Ms: p50Ms < 0 ? null : p50Ms, p95Ms: p95Ms < 0 ? null : p95Ms };
}
