import type { Clock } from '../lib/clock.ts';
import type { InheritedSocket } from '../listen/inherited-sockets.ts';
import type { LoggerService } from '../observe/logger.ts';

export interface ControlPlaneOptions {
  /** The configuration file or directory. */
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  readonly adminToken: string | null;
  /** What listened before this process began. */
  readonly inherited: readonly InheritedSocket[];
  /** For sticky cookies, of the process before this one; null: there was none. */
  readonly secret: Uint8Array | null;
  readonly clock: Clock;
  readonly logger: LoggerService;
}
