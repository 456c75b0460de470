import type { MemberSpec } from '../balance/member.ts';
import { isResolved, membersOf } from '../balance/member-drafts.ts';
import type { RosterGeneration } from '../balance/roster.ts';
import type { Config } from '../config/config.ts';
import type { ClientCertificate } from '../exchange/client-certificate.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { Generation, type GenerationServices } from '../gateway.ts';
import { CellNames } from '../lib/cell-names.ts';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import { Deadlines } from '../lib/deadlines.ts';
import { Kept } from '../lib/kept.ts';
import { createKeyCounts, KeyCounts } from '../lib/key-counts.ts';
import { createSharedCells, SharedCells } from '../lib/shared-cells.ts';
import { createSlotMemory, Slots } from '../lib/slots.ts';
import { ChallengeDesk } from '../listen/challenge-desk.ts';
import { ConnectionFacts } from '../listen/connection-facts.ts';
import { Http1Door } from '../listen/http1-door.ts';
import type { Logger } from '../observe/logger.ts';
import { WorkerMetrics } from '../observe/metrics/worker-metrics.ts';
import { createLimitMemory } from '../policy/rate-limit/limit-table.ts';
import { MemoryStore } from '../policy/rate-limit/memory-store.ts';
import { ClientRules } from '../request/client-rules.ts';
import { PoolRegistry } from '../upstream/pool-registry.ts';
import { MemoryConnection } from './memory-connection.ts';
import { PolicyTrials } from './policy-trials.ts';
import { RecordingPools, type SentHead } from './recording-pools.ts';
import { cellNames } from './route-cells.ts';

/** A request that nobody sends. */
interface RehearsedRequest {
  /** As a client writes it, latin1: request line, headers, empty line. */
  readonly text: string;
  /** Without port, lower case: what a client names in its handshake. */
  readonly serverName: string;
  readonly secure: boolean;
  readonly localPort: number;
  /** The other end of the connection. */
  readonly peerAddress: string;
}

interface RehearsalServices {
  readonly clock: Clock;
  /** Whether a certificate is valid for a host. */
  readonly isCertified: (host: string) => boolean;
}

/** What came of it. */
export interface Rehearsal {
  /** Ended. */
  readonly exchange: Exchange;
  readonly trials: PolicyTrials;
  /** Null: nothing goes to an upstream. */
  readonly sent: SentHead | null;
  /** Names that the upstream's answer had, in the case that it has one. */
  readonly upstreamSaid: readonly string[];
}

const LIMIT_KEYS = 1024;
/** It waits for nobody, so it has ended long before. */
const ENDS_WITHIN_MS = 10_000;

/**
 * Sends a request through a generation of a configuration, from the parser of HTTP to the head that an upstream gets and the one
 * that the client gets back, by the code that serves; with no network, and as the first request that ever came.
 * @throws Error where the configuration cannot be built.
 */
export async function rehearse(config: Config, request: RehearsedRequest, { clock, isCertified }: RehearsalServices): Promise<Rehearsal> {
  const offline: Config = { ...config, rateLimits: { ...config.rateLimits, redisUrl: null } };
  const deadlines = new Deadlines(clock, (error) => {
    throw error;
  });
  const pools = new RecordingPools(new PoolRegistry(deadlines));
  const trials = new PolicyTrials();
  const names = cellNames(offline);
  const cells = new SharedCells(createSharedCells(1, names.length + 1), 1);
  const cellIndex = new CellNames(names.length + 1, (column) => cells.clearColumn(column)).take(names);
  const services: GenerationServices = {
    clock, deadlines, cells, pools, isCertified, logger: SILENT, outcomes: new WorkerMetrics(), kept: new Kept(), random: () => 0,
    slots: new Slots(createSlotMemory(1, clock.now()), 1), secret: Buffer.alloc(32), tunnelHost: { add: ignore, remove: ignore }, isDraining: () => false,
    inFlight: new KeyCounts(createKeyCounts(1), 1), limits: new MemoryStore(createLimitMemory(LIMIT_KEYS, clock.processMs()), 1, clock),
    makePolicy: trials.make,
  };
  try {
    const generation = await Generation.build({ number: 1, config: offline, cellIndex, roster: rosterOf(offline) }, services);
    const exchange = await converse(request, offline, clock, generation);
    await generation.retire();
    return { exchange, trials, sent: pools.sent, upstreamSaid: pools.sent === null ? [] : RecordingPools.answered };
  } finally {
    deadlines.close();
  }
}

/** The request as it comes in over a connection, and the exchange that it was. */
async function converse(request: RehearsedRequest, { listen, tls }: Config, clock: Clock, generation: Generation): Promise<Exchange> {
  const { promise: ended, resolve: onEnd } = Promise.withResolvers<Exchange>();
  const door = new Http1Door({
    config: listen, clock, logger: SILENT, challenges: new ChallengeDesk(), onUncertified: ignore, metrics: new WorkerMetrics(), onEnd, shownAddress: (address) => address,
    handle: (exchange) => generation.handle(exchange),
  });
  const connection = new MemoryConnection();
  // What answers a request whose head cannot be read breaks the connection off, which is no news to anybody.
  connection.on('error', ignore);
  const client = request.secure ? certificateOf(new ClientRules(tls.clients), request.serverName) : null;
  try {
    door.accept(connection, new ConnectionFacts(request.peerAddress, request.localPort, request.secure, request.secure ? 'TLSv1.3' : '', client));
    connection.say(request.text);
    return await withDeadline(clock, ENDS_WITHIN_MS, ended);
  } finally {
    connection.destroy();
    door.close();
  }
}

/** A client that is asked for a certificate, and has none. */
function certificateOf(rules: ClientRules, host: string): ClientCertificate | null {
  const rule = rules.ruleOf(host);
  return rule === null ? null : { rule: rule.key, verdict: 'NONE', fault: '', subject: '', san: '', fingerprint: '', notAfterMs: Infinity };
}

/** Every target, and a name as if it had one address. */
function rosterOf({ upstreams }: Config): RosterGeneration {
  let slot = -1;
  const entries = upstreams.map(({ name, targets }) => {
    slot += 1;
    const own = slot;
    const members = targets.flatMap((target) => (isResolved(target) ? [{ key: target.name, target, address: target.host, port: target.port }] : membersOf(target, [])));
    return [name, { slot: own, members: members.map((member): MemberSpec => ({ ...member, slot: (slot += 1) })) }] as const;
  });
  return { id: 1, upstreams: Object.fromEntries(entries) };
}

const SILENT: Logger = { error: ignore, warn: ignore, info: ignore, debug: ignore, isDebug: false };

function ignore(): void {}
