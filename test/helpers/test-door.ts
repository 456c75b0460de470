import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import type { Test } from 'tap';
import type { ClientCertificateConfig } from '../../src/config/tls-config.ts';
import type { Exchange } from '../../src/exchange/exchange.ts';
import { createKeyCounts, KeyCounts } from '../../src/lib/key-counts.ts';
import { type Clock, systemClock } from '../../src/lib/clock.ts';
import { createSharedCells, SharedCells } from '../../src/lib/shared-cells.ts';
import { Admission } from '../../src/listen/admission.ts';
import { ChallengeDesk } from '../../src/listen/challenge-desk.ts';
import { FrontDoor } from '../../src/listen/front-door.ts';
import { ClientRules } from '../../src/request/client-rules.ts';
import { WorkerMetrics } from '../../src/observe/metrics/worker-metrics.ts';
import { answer } from '../../src/respond/answer.ts';
import type { TlsMaterial } from '../../src/tls/material.ts';
import { ServerContexts } from '../../src/tls/server-contexts.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { makeCa, makeEntry, materialOf } from './certificates.ts';
import { configOf } from './config-text.ts';

export interface TestDoorOptions {
  /** Further keys of `listen`, as YAML: `limits: { connections: 1 }`. */
  readonly listen?: string;
  /** Connections are TLS. */
  readonly secure?: boolean;
  /** The door has certificates; default: as `secure`. */
  readonly certificates?: boolean;
  /** Which hosts ask clients for a certificate; default: none. */
  readonly clients?: readonly ClientCertificateConfig[];
  /** Names of the server's certificate; default: localhost and 127.0.0.1. */
  readonly names?: readonly string[];
  /** What certificate authorities are shown; default: nothing. */
  readonly challenges?: ChallengeDesk;
  /** What is still to come besides the server's certificate; default: nothing. */
  readonly pending?: Partial<Pick<TlsMaterial, 'refused' | 'onDemand'>>;
  /** Told of names on demand. */
  readonly onUncertified?: (servername: string) => void;
  /** Default: the system's. */
  readonly clock?: Clock;
  /** Default: answers 200 with the method and the target. */
  readonly handle?: (exchange: Exchange) => void;
}

export interface TestDoor {
  readonly port: number;
  readonly ca: string;
  readonly door: FrontDoor;
  readonly admission: Admission;
  readonly logger: MemoryLogger;
  readonly metrics: WorkerMetrics;
  /** Every request, in the order they came. */
  readonly exchanges: readonly Exchange[];
  /** Connections that count against the limit. */
  readonly connections: () => number;
}

/** A front door on a free port, behind which a test stands in place of a generation. Closed at teardown. */
export async function startDoor(t: Pick<Test, 'teardown'>, options: TestDoorOptions = {}): Promise<TestDoor> {
  const { listen = '', secure = false, certificates = secure, handle = answerSimply, clients = [], names = ['localhost', '127.0.0.1'], pending = {} } = options;
  const { clock = systemClock, challenges = new ChallengeDesk(), onUncertified = () => undefined } = options;
  const config = configOf(`listen: { http: 80, ${listen} }`).listen;
  const exchanges: Exchange[] = [];
  const total = new SharedCells(createSharedCells(1, 1), 1).counter({ connections: 0 }, 'connections');
  const admission = new Admission(config.limits, total, new KeyCounts(createKeyCounts(1), 1), () => false);
  const ca = await makeCa();
  const contexts = certificates ? new ServerContexts({ ...materialOf(await makeEntry(ca, names)), ...pending }, new ClientRules(clients)) : null;
  const logger = new MemoryLogger();
  const metrics = new WorkerMetrics();
  const door = new FrontDoor({
    config, clock, logger, challenges, onUncertified, metrics, onEnd: () => undefined, shownAddress: (address) => `(${address})`,
    handle: (exchange) => {
      exchanges.push(exchange);
      handle(exchange);
    },
  }, admission, contexts);
  const server = net.createServer({ allowHalfOpen: !secure }, (socket) => door.accept(socket, secure)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    door.close();
    for (const socket of admission.open) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return { port: (server.address() as AddressInfo).port, ca: ca.cert, door, admission, logger, metrics, exchanges, connections: () => total.total() };
}

function answerSimply(exchange: Exchange): void {
  answer(exchange, 200, [], Buffer.from(`${exchange.method} ${exchange.url}`));
}
