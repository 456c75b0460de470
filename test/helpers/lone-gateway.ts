import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Test } from 'tap';
import { Fleet } from '../../src/balance/fleet.ts';
import type { Config } from '../../src/config/config.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { Generation } from '../../src/gateway.ts';
import { cellNames } from '../../src/gateway/route-cells.ts';
import { CellNames } from '../../src/lib/cell-names.ts';
import { systemClock, type Clock } from '../../src/lib/clock.ts';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { Kept } from '../../src/lib/kept.ts';
import { createKeyCounts, KeyCounts } from '../../src/lib/key-counts.ts';
import { createSharedCells, SharedCells } from '../../src/lib/shared-cells.ts';
import { createSlotMemory, Slots } from '../../src/lib/slots.ts';
import { Admission } from '../../src/listen/admission.ts';
import { ChallengeDesk } from '../../src/listen/challenge-desk.ts';
import { FrontDoor } from '../../src/listen/front-door.ts';
import { Ports } from '../../src/listen/ports.ts';
import { NO_SOCKETS } from '../../src/listen/ports.ts';
import type { Logger } from '../../src/observe/logger.ts';
import { createLimitMemory } from '../../src/policy/rate-limit/limit-table.ts';
import { MemoryStore } from '../../src/policy/rate-limit/memory-store.ts';
import { WorkerMetrics } from '../../src/observe/metrics/worker-metrics.ts';
import { ServerContexts } from '../../src/tls/server-contexts.ts';
import { PoolRegistry } from '../../src/upstream/pool-registry.ts';
import type { Tunnel } from '../../src/upstream/tunnel.ts';
import { makeCa, makeEntry, materialOf } from './certificates.ts';
import { loadRaw } from './config-text.ts';
import { withDefaults } from './gateway.ts';

const CELLS = 200;

interface LoneGatewayOptions {
  readonly https?: boolean;
  /** A {@link ManualClock} moves the deadlines of forwarding; those of `node:http` are the system's in any case. */
  readonly clock?: Clock;
  /** Files the configuration names, by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  /** 0 ≤ x < 1. Default `Math.random`. */
  readonly random?: () => number;
}

export interface LoneGateway {
  readonly port: number;
  readonly httpsPort: number;
  /** PEM of the CA of the TLS listener, whose certificate is for `localhost` and `127.0.0.1`. */
  readonly ca: string;
  /** Every exchange that has ended, in the order of their ends. */
  readonly ended: readonly Exchange[];
  readonly tunnels: ReadonlySet<Tunnel>;
  /** Requests that have come so far. */
  begun(): number;
  /** The one that came last, in work or not. */
  latest(): Exchange;
  /** The control plane's part of the upstreams: states, and operators' wishes. */
  readonly fleet: Fleet;
  /** Requests and tunnels in work at a target. */
  inFlight(upstream: string, target: string): number;
  /** Value of a cell that the configuration names, such as `streams ROUTE`. */
  count(cell: string): number;
}

/**
 * The data path of one worker in this thread, from the listening port to the upstream's connection: an
 * exception in it fails the test, exchanges can be looked at, and the clock can be held.
 */
export async function startLoneGateway(t: Pick<Test, 'teardown'>, yaml: string, options: LoneGatewayOptions = {}): Promise<LoneGateway> {
  const { https = false, clock = systemClock, files = {}, random = Math.random } = options;
  const { config } = loadRaw(withDefaults(yaml, '/var/lib/sluice', https), { files });
  const cells = new SharedCells(createSharedCells(1, CELLS), 1);
  const index = new CellNames(CELLS, (column) => cells.clearColumn(column)).take([...cellNames(config), 'connections']);
  const deadlines = new Deadlines(clock, (error) => {
    throw error;
  });
  const tunnels = new Set<Tunnel>();
  const keyCounts = new KeyCounts(createKeyCounts(1), 1);
  const memory = createSlotMemory(1, clock.now());
  const fleet = new Fleet({ memory, clock, logger: SILENT, onMembers: (_id, upstream, members) => generation.useMembers(upstream, members) });
  const metrics = new WorkerMetrics();
  const generation = await Generation.build({ number: 1, config, cellIndex: index, roster: await fleet.prepare(config.upstreams) }, {
    clock, logger: SILENT, outcomes: metrics, kept: new Kept(), deadlines, cells, slots: new Slots(memory, 1), secret: Buffer.alloc(32), random, pools: new PoolRegistry(deadlines), isDraining: () => false, isCertified: () => false,
    inFlight: keyCounts,
    limits: new MemoryStore(createLimitMemory(config.rateLimits.keysMax, clock.processMs()), 1, clock),
    tunnelHost: { add: (tunnel) => tunnels.add(tunnel), remove: (tunnel) => tunnels.delete(tunnel) },
  });
  const ca = await makeCa();
  const contexts = https ? new ServerContexts(materialOf(await makeEntry(ca, ['localhost', '127.0.0.1']))) : null;
  const ended: Exchange[] = [];
  const admission = new Admission(config.listen.limits, cells.counter(index, 'connections'), keyCounts, () => false);
  let begun = 0;
  let latest: Exchange | null = null;
  const handle = (exchange: Exchange): void => {
    begun++;
    latest = exchange;
    generation.handle(exchange);
  };
  const onEnd = (exchange: Exchange): void => {
    if (exchange.bytesOut === 0) exchange.bytesOut = exchange.sink.bytesOut;
    ended.push(exchange);
  };
  const challenges = new ChallengeDesk();
  const door = new FrontDoor({ config: config.listen, clock, logger: SILENT, challenges, onUncertified: ignore, handle, onEnd, metrics, shownAddress: (address) => address }, admission, contexts);
  const ports = await openPorts(config, door);
  t.teardown(async () => {
    ports.closeAll();
    for (const tunnel of tunnels) tunnel.destroy();
    door.close();
    await cut(admission.open);
    await generation.retire();
    fleet.close();
    deadlines.close();
  });
  const portOf = (kind: string): number => ports.list.find((port) => port.kind === kind)?.address.port ?? 0;
  return {
    port: portOf('http'), httpsPort: portOf('https'), ca: ca.cert, ended, tunnels, fleet,
    begun: () => begun,
    latest() {
      if (latest === null) throw new Error('no request has come');
      return latest;
    },
    inFlight: (upstream, target) => fleet.status().find((member) => member.upstream === upstream && member.key === target)?.inFlight ?? Number.NaN,
    count: (cell) => cells.counter(index, cell).total(),
  };
}

async function openPorts(config: Config, door: FrontDoor): Promise<Ports> {
  const ports = new Ports({ accept: (socket, secure) => door.accept(socket, secure), reusePort: false, share: NO_SOCKETS, onShut: () => undefined });
  await ports.open(config.listen);
  return ports;
}

async function cut(open: ReadonlySet<Socket>): Promise<void> {
  const closed = [...open].filter((socket) => !socket.closed).map(async (socket) => once(socket, 'close'));
  for (const socket of open) socket.destroy();
  await Promise.all(closed);
}

const SILENT: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore, isDebug: false };

function ignore(): void {
  // What a test wants to know stands in the exchanges.
}
