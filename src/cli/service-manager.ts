import { execFile } from 'node:child_process';
import type { Clock } from '../lib/clock.ts';
import { OneAtATime } from '../lib/one-at-a-time.ts';
import type { Logger } from '../observe/logger.ts';

interface ServiceManagerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly pid: number;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'warn'>;
}

/** A message to systemd takes a moment; one that hangs must not keep those behind it. */
const NOTIFY_TIMEOUT_MS = 5000;

/**
 * Tells systemd how the service does (sd_notify(3)): ready, reloading, stopping, and alive where a watchdog asks for it. Does
 * nothing under any other service manager. Sent by systemd-notify(1), because Node has no datagrams over unix sockets: the
 * unit needs `NotifyAccess=all`.
 */
export class ServiceManager {
  readonly #options: ServiceManagerOptions;
  readonly #isThere: boolean;
  readonly #turns = new OneAtATime();
  #hasLeft = false;
  #stopWatchdog: () => void = () => undefined;

  constructor(options: ServiceManagerOptions) {
    this.#options = options;
    this.#isThere = (options.env['NOTIFY_SOCKET'] ?? '') !== '';
  }

  /** The service takes requests. A process that has taken over says that it is the main one now. */
  ready(status: string): void {
    this.#tell('READY=1', `MAINPID=${this.#options.pid}`, `STATUS=${status}`);
    this.#stopWatchdog();
    this.#watch();
  }

  reloading(): void {
    this.#tell('RELOADING=1', `MONOTONIC_USEC=${Math.round(this.#options.clock.processMs() * 1000)}`);
  }

  /** Another process is the main one, and tells what there is to tell. */
  leave(): void {
    this.#hasLeft = true;
    this.#stopWatchdog();
  }

  stopping(): void {
    this.#stopWatchdog();
    this.#tell('STOPPING=1');
  }

  /** Every message has been sent, or has failed. */
  async idle(): Promise<void> {
    await this.#turns.idle;
  }

  /** As sd_watchdog_enabled(3) has it: at half the time that the service manager waits. */
  #watch(): void {
    const { env, clock, pid } = this.#options;
    const everyMs = Number(env['WATCHDOG_USEC'] ?? 0) / 2000;
    const meant = env['WATCHDOG_PID'] ?? String(pid);
    if (everyMs > 0 && meant === String(pid)) this.#stopWatchdog = clock.every(everyMs, () => this.#tell('WATCHDOG=1'));
  }

  #tell(...messages: readonly string[]): void {
    if (!this.#isThere || this.#hasLeft) return;
    const { env, logger } = this.#options;
    void this.#turns.run(async () => new Promise<void>((resolve) => {
      execFile('systemd-notify', ['--no-block', ...messages], { env, timeout: NOTIFY_TIMEOUT_MS }, (error) => {
        if (error !== null) logger.warn('systemd was not told', { message: messages[0], error });
        resolve();
      });
    }));
  }
}
