import type { RateLimitsConfig } from '../../config/rate-limits-config.ts';
import { GatewayError } from '../../exchange/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Logger } from '../../observe/logger.ts';
import type { LimitQuestion, LimitStore, LimitVerdict } from './limit-store.ts';
import { StoreHealth } from './store-health.ts';

/** The way to a store on another machine. */
export interface RemoteLimits {
  readonly name: string;
  ask(question: LimitQuestion): Promise<LimitVerdict>;
  giveBack(question: LimitQuestion): Promise<void>;
  clear(key: string): Promise<boolean>;
  /** Why it could not, to go on from its name. */
  problemOf(error: unknown): string;
  close(): void;
}

interface GuardServices {
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** In the memory of this process; not closed from here. */
  readonly local: LimitStore;
}

interface Asked {
  readonly dueMs: number;
  readonly giveUp: () => void;
}

const MEANWHILE = {
  local: 'each gateway counts for itself until it can',
  allow: 'requests pass uncounted until it can',
  deny: 'requests are answered with 503 until it can',
} as const satisfies Record<RateLimitsConfig['onStoreDown'], string>;

const TICK_MS_MAX = 20;
/** Asks for a write, because a store that can only be read cannot count. */
const PROBE: LimitQuestion = { key: '-', windows: [{ requests: 1000, periodMs: 1000, burst: 1_000_000 }] };

/**
 * A store on another machine, asked only as long as it answers in time. A question without an answer is decided by
 * `onStoreDown`, and so is every question while the store is known not to answer: a dead store costs nothing.
 */
export class GuardedStore implements LimitStore {
  readonly #remote: RemoteLimits;
  readonly #config: Pick<RateLimitsConfig, 'onStoreDown' | 'timeoutMs'>;
  readonly #services: GuardServices;
  readonly #health: StoreHealth;
  /** In the order in which they are due. */
  readonly #asked = new Set<Asked>();
  #stopTicking: (() => void) | null = null;

  /** @param open is told whom to tell of the connection. */
  constructor(
    open: (listener: { onConnected(): void; onLost(problem: string): void }) => RemoteLimits,
    config: Pick<RateLimitsConfig, 'onStoreDown' | 'timeoutMs'>,
    services: GuardServices,
  ) {
    const { clock, random, logger } = services;
    this.#config = config;
    this.#services = services;
    this.#remote = open({ onConnected: () => void this.#health.look(), onLost: (problem) => this.#health.lost(problem) });
    this.#health = new StoreHealth({
      name: this.#remote.name, meanwhile: MEANWHILE[config.onStoreDown], probe: async () => this.#probe(), clock, random, logger,
    });
  }

  /** Resolves when it is known for the first time whether the store can be used. */
  get known(): Promise<void> {
    return this.#health.known;
  }

  take(question: LimitQuestion): LimitVerdict | Promise<LimitVerdict> {
    if (!this.#health.isUp) return this.#withoutStore(question);
    return this.#inTime(question, (problem) => {
      if (problem === '') {
        this.#health.succeeded();
        return null;
      }
      this.#health.failed(problem);
      return this.#withoutStore(question);
    });
  }

  giveBack(question: LimitQuestion): void {
    // Whatever is lost of it makes the limit stricter by one.
    if (this.#health.isUp) this.#remote.giveBack(question).catch(() => undefined);
    else if (this.#config.onStoreDown === 'local') this.#services.local.giveBack?.(question);
  }

  /** Where the store cannot be used, only what was counted here is forgotten. @throws GatewayError limits_unavailable */
  async clear(key: string): Promise<boolean> {
    const here = await this.#services.local.clear(key);
    try {
      return (await this.#remote.clear(key)) || here;
    } catch (error) {
      throw this.#unavailable(this.#remote.problemOf(error));
    }
  }

  close(): void {
    this.#health.close();
    this.#remote.close();
    this.#expire(Infinity);
    this.#rest();
  }

  async #probe(): Promise<string> {
    let found = '';
    await this.#inTime(PROBE, (problem) => {
      found = problem;
      return NOTHING_COUNTED;
    });
    return found;
  }

  /**
   * Asks within the deadline. What comes after it is heard by nobody.
   * @param onEnd told how it went, '' for well; @returns what counts instead of the answer, null for the answer.
   */
  async #inTime(question: LimitQuestion, onEnd: (problem: string) => LimitVerdict | Promise<LimitVerdict> | null): Promise<LimitVerdict> {
    const { clock } = this.#services;
    const { timeoutMs } = this.#config;
    return new Promise((resolve) => {
      const end = (problem: string, verdict: LimitVerdict): void => {
        if (this.#asked.delete(asked)) resolve(onEnd(problem) ?? verdict);
      };
      const asked: Asked = { dueMs: clock.monotonicMs() + timeoutMs, giveUp: () => end('did not answer in time', NOTHING_COUNTED) };
      this.#asked.add(asked);
      this.#stopTicking ??= clock.every(Math.min(Math.max(timeoutMs / 5, 1), TICK_MS_MAX), () => this.#tick());
      this.#remote.ask(question).then((verdict) => end('', verdict), (error: unknown) => end(this.#remote.problemOf(error), NOTHING_COUNTED));
    });
  }

  #tick(): void {
    if (this.#asked.size === 0) {
      this.#rest();
      return;
    }
    const nowMs = this.#services.clock.monotonicMs();
    const [first] = this.#asked;
    // Where this thread was late itself, answers may have come meanwhile: they are read before anybody is given up.
    if (first !== undefined && first.dueMs <= nowMs) setImmediate(() => this.#expire(nowMs));
  }

  #expire(nowMs: number): void {
    for (const asked of this.#asked) {
      if (asked.dueMs > nowMs) return;
      asked.giveUp();
    }
  }

  #rest(): void {
    this.#stopTicking?.();
    this.#stopTicking = null;
  }

  #withoutStore(question: LimitQuestion): LimitVerdict | Promise<LimitVerdict> {
    switch (this.#config.onStoreDown) {
      case 'local': return standIn(this.#services.local.take(question));
      case 'allow': return uncounted(question);
      case 'deny': return Promise.reject(this.#unavailable(this.#health.problem));
    }
  }

  #unavailable(problem: string): GatewayError {
    return new GatewayError('limits_unavailable', `${this.#remote.name} ${problem}`);
  }
}

const NOTHING_COUNTED: LimitVerdict = { allowed: true, remaining: 0, resetMs: 0, retryAfterMs: 0, aheadMs: 0, window: 0 };

/** A verdict of this process alone. */
function standIn(verdict: LimitVerdict | Promise<LimitVerdict>): LimitVerdict | Promise<LimitVerdict> {
  return verdict instanceof Promise ? verdict.then((given) => ({ ...given, isStandIn: true })) : { ...verdict, isStandIn: true };
}

/** As if the request were the first one, and had not been taken. */
function uncounted({ windows }: LimitQuestion): LimitVerdict {
  let window = 0;
  for (const [i, { burst }] of windows.entries()) if (burst < windows[window]!.burst) window = i;
  return { ...NOTHING_COUNTED, remaining: windows[window]?.burst ?? 0, window, isStandIn: true };
}
