import type { ListenConfig } from '../config/config.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../observe/logger.ts';
import type { WorkerMetrics } from '../observe/metrics/worker-metrics.ts';
import type { ChallengeDesk } from './challenge-desk.ts';

/** What the protocol servers need of the worker they run in. */
export interface DoorServices {
  readonly config: ListenConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The address of a client as the log may have it. */
  readonly shownAddress: (address: string) => string;
  /** What certificate authorities ask for while an order is open. */
  readonly challenges: ChallengeDesk;
  /** A client asked for a host that may have a certificate on demand, and has none. Called in the middle of a handshake. */
  readonly onUncertified: (servername: string) => void;
  /** Answers a request, by the generation that is current at this moment. Never throws. */
  readonly handle: (exchange: Exchange) => void;
  /** Everything about the exchange is known: log it, count it. */
  readonly onEnd: (exchange: Exchange) => void;
  readonly metrics: Pick<WorkerMetrics, 'handshake' | 'handshakeFailed' | 'connectionRefused'>;
}
