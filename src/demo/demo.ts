import { systemClock, type Clock } from '../lib/clock.ts';
import type { Logger } from '../observe/logger.ts';
import { startInstance, type InstanceProcess } from './instance-process.ts';

interface DemoOptions {
  /** One instance for each; 0 takes a free port. */
  readonly ports: readonly number[];
  readonly logger: Logger;
  /** How long a stopped instance stays away, so that one can watch the traffic move. Default 15 s. */
  readonly restartMs?: number;
  readonly clock?: Clock;
}

interface DemoInstance {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  /** Null while it is stopped. */
  readonly pid: number | null;
}

interface Demo {
  /** As they are at this moment. */
  readonly instances: readonly DemoInstance[];
  /** Ends every instance. */
  stop(): Promise<void>;
}

const RESTART_MS = 15_000;

/** Starts the demo app, each instance a process of its own. Throws InstanceError where one cannot start; none is left then. */
export async function startDemo({ ports, logger, restartMs = RESTART_MS, clock = systemClock }: DemoOptions): Promise<Demo> {
  const keepers = ports.map((port, index) => new InstanceKeeper(`demo-${index + 1}`, port, restartMs, logger, clock));
  const stopAll = async (): Promise<void> => {
    await Promise.all(keepers.map((keeper) => keeper.stop()));
  };
  const starts = await Promise.allSettled(keepers.map((keeper) => keeper.start()));
  const failed = starts.find((start) => start.status === 'rejected');
  if (failed !== undefined) {
    await stopAll();
    throw failed.reason;
  }
  return {
    get instances() {
      return keepers.map((keeper) => keeper.state());
    },
    stop: stopAll,
  };
}

/** Keeps one instance running: an instance that has ended comes back on the same port after a while. */
class InstanceKeeper {
  readonly #name: string;
  readonly #restartMs: number;
  readonly #logger: Logger;
  readonly #clock: Clock;
  #port: number;
  #running: InstanceProcess | null = null;
  #starting: Promise<void> | null = null;
  #stopTimer: () => void = () => undefined;
  #isOver = false;

  constructor(name: string, port: number, restartMs: number, logger: Logger, clock: Clock) {
    this.#name = name;
    this.#port = port;
    this.#restartMs = restartMs;
    this.#logger = logger;
    this.#clock = clock;
  }

  state(): DemoInstance {
    return { name: this.#name, port: this.#port, url: `http://127.0.0.1:${this.#port}`, pid: this.#running?.pid ?? null };
  }

  async start(): Promise<void> {
    const running = await startInstance(this.#name, this.#port, this.#clock);
    this.#running = running;
    this.#port = running.port;
    this.#logger.info(`${this.#name} runs`, { url: this.state().url, pid: running.pid });
    running.ended.then(
      () => this.#onEnded(running.pid),
      (error: unknown) => this.#logger.error(`${this.#name} was lost`, { error }),
    );
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    this.#stopTimer();
    await this.#starting;
    await this.#running?.stop();
  }

  #onEnded(pid: number): void {
    this.#running = null;
    if (this.#isOver) return;
    this.#logger.warn(`${this.#name} has stopped; it starts again in ${this.#restartMs / 1000} s`, { pid });
    this.#restartLater();
  }

  #restartLater(): void {
    this.#stopTimer = this.#clock.every(this.#restartMs, () => {
      this.#stopTimer();
      this.#starting = this.start().catch((error: unknown) => {
        this.#logger.warn(`${this.#name} could not start again`, { error });
        if (!this.#isOver) this.#restartLater();
      });
    });
  }
}
