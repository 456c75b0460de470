import type { ListenConfig } from '../config/config.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../observe/logger.ts';

/** What the protocol servers need of the worker they run in. */
export interface DoorServices {
  readonly config: ListenConfig;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Answers a request, by the generation that is current at this moment. Never throws. */
  readonly handle: (exchange: Exchange) => void;
  /** Everything about the exchange is known: log it, count it. */
  readonly onEnd: (exchange: Exchange) => void;
}
