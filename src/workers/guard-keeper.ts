import type { GenerationVerdict } from '../admin/generation-history.ts';
import type { Config } from '../config/config.ts';
import type { Node } from '../config/tree.ts';
import type { Clock } from '../lib/clock.ts';
import { withDeadline } from '../lib/deadline.ts';
import type { Logger } from '../observe/logger.ts';
import { RecentTallies } from './guard-tally.ts';
import { type GuardBefore, ReloadGuard } from './reload-guard.ts';
import type { WorkerThread } from './worker-thread.ts';

const TICK_MS = 1000;
/** While nothing is on trial, counts are only kept for a trial to come. */
const QUIET_TICKS = 10;
/** A reload waits so long for the last counts of the old generation. */
const LAST_COUNTS_MS = 500;

/** A configuration that is, or was, in force, and what it was read from. */
export interface InForce {
  readonly generation: number;
  readonly config: Config;
  readonly root: Node;
}

/** The configuration before has come back, as another generation. */
export interface Return {
  readonly generation: number;
  readonly ms: number;
}

type Member = Pick<WorkerThread, 'number' | 'state' | 'guardCounts'>;

export interface GuardOptions {
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error' | 'info'>;
  readonly members: () => readonly Member[];
  /**
   * Puts a configuration in force again. @param instead the generation that must be in force still.
   * @returns its new number; null where something else is in force by then. @throws Error saying what cannot be taken over.
   */
  readonly goBack: (to: InForce, instead: number) => Promise<number | null>;
  /** @param back the number under which the configuration before is in force again, and how long that took; null: it is not. */
  readonly onVerdict: (generation: number, verdict: GenerationVerdict, back: Return | null) => void;
}

/** A generation that is watched, and what comes back where it is worse. */
interface Trial {
  readonly generation: number;
  readonly guard: ReloadGuard;
  readonly fallback: InForce;
  readonly before: GuardBefore;
  readonly verdict: PromiseWithResolvers<GenerationVerdict>;
  isReturning: boolean;
}

/** Watches what a reload has put in force, and takes it back where it does worse than what was there before. */
export class GuardKeeper {
  readonly #options: GuardOptions;
  readonly #stop: () => void;
  /** Members that were asked and have not answered yet. */
  readonly #asked = new Map<Member, Promise<void>>();
  #current: InForce | null = null;
  #recent: RecentTallies;
  #trial: Trial | null = null;
  #ticks = 0;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#recent = new RecentTallies(options.clock.monotonicMs());
    this.#stop = options.clock.every(TICK_MS, () => this.#tick());
  }

  /** What the process begins with; nothing was there before. */
  begin(first: InForce): void {
    this.#current = first;
  }

  /** To be awaited before a generation takes the place of the present one, whose counts end with it. */
  async lastCounts(): Promise<void> {
    if (this.#isCounted) await withDeadline(this.#options.clock, LAST_COUNTS_MS, this.#collect()).catch(() => undefined);
  }

  /**
   * A reload has put this in force. What was still on trial is none to go back to: that is what was there before it.
   * @returns for how many ms it is watched.
   */
  replaced(next: InForce): number {
    const previous = this.#current;
    const old = this.#trial;
    const before = old?.before ?? this.#before();
    const fallback = old?.fallback ?? previous;
    this.#settle({ outcome: 'replaced', reason: '' });
    this.#use(next, new RecentTallies(this.#nowMs));
    const { guard } = next.config.reload;
    if (guard === null || fallback === null) return 0;
    this.#trial = { generation: next.generation, guard: new ReloadGuard(guard, before, this.#nowMs), fallback, before, verdict: Promise.withResolvers(), isReturning: false };
    return guard.forMs;
  }

  /** What is said of a generation in the end. Never rejects. */
  async verdict(generation: number): Promise<GenerationVerdict> {
    return this.#trial?.generation === generation ? this.#trial.verdict.promise : { outcome: 'replaced', reason: '' };
  }

  close(): void {
    this.#stop();
    this.#settle({ outcome: 'replaced', reason: '' });
  }

  get #isCounted(): boolean {
    return this.#current !== null && this.#current.config.reload.guard !== null;
  }

  get #nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #before(): GuardBefore {
    const routes = new Set(this.#current?.config.routes.map(({ id }) => id));
    return { routes, tallies: this.#isCounted ? this.#recent.sum() : null };
  }

  #use(next: InForce, recent: RecentTallies): void {
    this.#current = next;
    this.#recent = recent;
  }

  /** What was asked for a second ago is there by now, as far as it is to come. */
  #tick(): void {
    this.#ticks += 1;
    if (!this.#isCounted) return;
    if (this.#trial !== null) this.#judge(this.#trial);
    if (this.#trial !== null || this.#ticks % QUIET_TICKS === 0) void this.#collect();
  }

  #judge(trial: Trial): void {
    if (trial.isReturning) return;
    const judgement = trial.guard.judge(this.#nowMs);
    if (judgement === null) return;
    if (!judgement.isGood) {
      trial.isReturning = true;
      void this.#goBack(trial, judgement.reason);
      return;
    }
    this.#options.logger.info('the new configuration is kept', { generation: trial.generation, routesJudged: judgement.routesJudged });
    this.#settle({ outcome: 'kept', reason: '' });
  }

  /** Never rejects. */
  async #goBack(trial: Trial, reason: string): Promise<void> {
    const { logger, goBack } = this.#options;
    const { generation, fallback, before } = trial;
    logger.error('the new configuration is worse and is taken back', { generation, reason });
    try {
      const startMs = this.#nowMs;
      const now = await goBack(fallback, generation);
      // A reload came first, and has ended this trial.
      if (now === null || this.#trial !== trial) return;
      logger.info('the configuration before is in force again', { generation: now, sameAs: fallback.generation });
      this.#use({ ...fallback, generation: now }, new RecentTallies(this.#nowMs, before.tallies ?? undefined));
      this.#settle({ outcome: 'rolled_back', reason }, { generation: now, ms: Math.round(this.#nowMs - startMs) });
    } catch (error) {
      logger.error('the configuration before cannot come back, the new one stays', { generation, error });
      if (this.#trial === trial) this.#settle({ outcome: 'stuck', reason: `${reason}; what was in force before cannot come back: ${error instanceof Error ? error.message : String(error)}` });
    }
  }

  #settle(verdict: GenerationVerdict, back: Return | null = null): void {
    const trial = this.#trial;
    this.#trial = null;
    if (trial === null) return;
    this.#options.onVerdict(trial.generation, verdict, back);
    trial.verdict.resolve(verdict);
  }

  /** Resolves when all who are there have answered. Never rejects. */
  async #collect(): Promise<void> {
    const members = this.#options.members().filter(({ state }) => state !== 'down' && state !== 'starting');
    await Promise.all(members.map(async (member) => {
      const asked = this.#asked.get(member) ?? this.#ask(member);
      this.#asked.set(member, asked);
      return asked;
    }));
  }

  async #ask(member: Member): Promise<void> {
    try {
      const { snapshot } = await member.guardCounts(this.#trial !== null);
      if (snapshot === null || snapshot.generation !== this.#current?.generation) return;
      this.#recent.add(snapshot.ended, this.#nowMs);
      this.#trial?.guard.take(member.number, snapshot);
    } catch {
      // It has ended, and what it had not told is lost with it.
    } finally {
      this.#asked.delete(member);
    }
  }
}
