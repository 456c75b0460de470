import type { Clock } from '../lib/clock.ts';
import { createKeyCounts, KeyCounts, type KeyCountsMemory } from '../lib/key-counts.ts';
import { createSharedCells, SharedCells, type SharedCellsLayout } from '../lib/shared-cells.ts';
import type { Level } from '../observe/log-entry.ts';
import type { Logger } from '../observe/logger.ts';
import type { MemberSpec } from '../balance/member.ts';
import { Slots, type SlotMemory } from '../lib/slots.ts';
import { createLimitMemory, type LimitMemory, LimitTable } from '../policy/rate-limit/limit-table.ts';
import type { ChallengeAnswers } from '../tls/acme/challenge-board.ts';
import type { TlsMaterial } from '../tls/material.ts';
import { NO_SOCKETS, type SocketShare } from '../listen/ports.ts';
import { LogKeeper } from './log-keeper.ts';
import type { GenerationPlan } from './messages.ts';
import { WorkerThread } from './worker-thread.ts';

/** Cells of shared memory; 4 bytes each per worker. Two for each route. */
export const CELLS_MAX = 65_536;

/** A worker that dies again and again is started at this pace at most, so that it cannot eat a core. */
const RESTART_FIRST_MS = 50;
const RESTART_LAST_MS = 5000;
/** One that has served is back within a second, however often it dies: the start costs less than its absence. */
const SERVED_LAST_MS = 250;
/** A worker that has lived this long has nothing to do with the deaths before. */
const SETTLED_MS = 60_000;

interface CrewOptions {
  readonly count: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly noColor: boolean;
  /** Of the sockets that listened before this process began, by number of the worker, from 0. */
  readonly shares: readonly SocketShare[];
  readonly slots: SlotMemory;
  /** Keys that requests are counted by at the same time. */
  readonly limitKeys: number;
  readonly secret: Uint8Array;
  /** What a worker that takes the place of a dead one builds; null while nothing runs yet. */
  readonly currentPlan: () => GenerationPlan | null;
  /** No worker has requests left in this generation. */
  readonly onRetired: (generation: number) => void;
  /** Clients asked some worker for these names, which may have a certificate on demand and have none. */
  readonly onUncertified: (names: readonly string[]) => void;
}

/** The worker threads, all of them, as one. */
export class Crew {
  readonly cells: SharedCells;
  readonly #options: CrewOptions;
  readonly #layout: SharedCellsLayout;
  readonly #keyMemory: KeyCountsMemory;
  readonly #limitMemory: LimitMemory;
  readonly #members = new Map<number, WorkerThread>();
  readonly #logs: LogKeeper;
  /** What was built last. */
  #built: GenerationPlan | null = null;
  /** Workers that still have requests in a generation that was swapped out. */
  readonly #retiring = new Map<number, Set<number>>();
  /** What a worker that takes the place of a dead one answers certificate authorities with. */
  #challenges: ChallengeAnswers = { http: [], alpn: [] };
  /** Workers that died and were, or will be, replaced. */
  #deaths = 0;
  /** Said since the last swap; null: that of the configuration holds. */
  #logLevel: Level | null = null;
  #stopping = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#layout = createSharedCells(options.count, CELLS_MAX);
    this.#keyMemory = createKeyCounts(options.count);
    this.#limitMemory = createLimitMemory(options.limitKeys, options.clock.processMs());
    this.cells = new SharedCells(this.#layout, 0);
    this.#logs = new LogKeeper({ clock: options.clock, logger: options.logger, onMoved: () => this.reopenLogs() });
    for (let number = 1; number <= options.count; number += 1) this.#start(number, RESTART_FIRST_MS, options.shares[number - 1]);
  }

  get deaths(): number {
    return this.#deaths;
  }

  /** What all workers count by key. */
  get limitMemory(): LimitMemory {
    return this.#limitMemory;
  }

  get members(): readonly WorkerThread[] {
    return [...this.#members.values()];
  }

  /**
   * Builds a generation in every worker.
   * @throws Error of the first that cannot; the others keep what they have built until `discard`.
   */
  async build(plan: GenerationPlan): Promise<void> {
    await LogKeeper.check(plan.config.accessLog);
    this.#built = plan;
    const results = await Promise.allSettled(this.members.map(async (member) => member.build(plan)));
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  }

  /** Forgets a generation that was built and is not wanted. */
  discard(generation: number): void {
    for (const member of this.#members.values()) member.discard(generation);
  }

  /** A worker that cannot is ended: the one in its place starts with the generation that is in force by then. */
  async swap(generation: number, previous: number): Promise<void> {
    this.#logLevel = null;
    if (this.#built?.generation === generation) this.#logs.use(this.#built.config.accessLog);
    const living = this.members.filter(({ state }) => state !== 'down');
    if (previous > 0) this.#retiring.set(previous, new Set(living.map(({ number }) => number)));
    await Promise.all(living.map(async (member) => {
      try {
        await member.swap(generation);
      } catch (error) {
        this.#options.logger.error('a worker cannot take over a generation and is ended', { worker: member.number, generation, error });
        await member.terminate();
      }
    }));
  }

  useMembers(generation: number, upstream: string, members: readonly MemberSpec[]): void {
    for (const member of this.#members.values()) member.useMembers(generation, upstream, members);
  }

  /** Until the next swap. */
  useLogLevel(level: Level): void {
    this.#logLevel = level;
    for (const member of this.#members.values()) member.useLogLevel(level);
  }

  /** Log files have been renamed: from now on workers write into new ones. */
  reopenLogs(): void {
    for (const member of this.#members.values()) member.reopenLogs();
  }

  useCertificates(tls: TlsMaterial): void {
    for (const member of this.#members.values()) member.useCertificates(tls);
  }

  /** Resolves when every worker answers certificate authorities so. One that dies meanwhile is none to wait for. */
  async useChallenges(answers: ChallengeAnswers): Promise<void> {
    this.#challenges = answers;
    await Promise.allSettled(this.members.map(async (member) => member.useChallenges(answers)));
  }

  /** Sockets of all ports, for a process that is to go on with them. @throws Error where a worker is not there to say. */
  async descriptors(): Promise<number[]> {
    return (await Promise.all(this.members.map(async (member) => member.descriptors()))).flat();
  }

  /** @returns how many connections had to be cut. */
  async drain(timeoutMs: number): Promise<number> {
    this.#stopping = true;
    const results = await Promise.allSettled(this.members.map(async (member) => member.drain(timeoutMs)));
    await this.terminate();
    return results.reduce((sum, result) => sum + (result.status === 'fulfilled' ? result.value : 0), 0);
  }

  async terminate(): Promise<void> {
    this.#stopping = true;
    this.#logs.close();
    await Promise.allSettled(this.members.map(async (member) => member.terminate()));
  }

  #start(number: number, restartMs: number, share = NO_SOCKETS): WorkerThread {
    const { count, noColor, clock, slots, secret } = this.#options;
    const shared = { cells: this.#layout, keyCounts: this.#keyMemory, slots, limits: this.#limitMemory };
    const init = { number, ...shared, secret, reusePort: count > 1 || process.platform === 'linux', share, noColor };
    const { onUncertified } = this.#options;
    const member = new WorkerThread(init, { onRetired: (generation) => this.#onRetired(generation, number), onUncertified });
    this.#members.set(number, member);
    const { http, alpn } = this.#challenges;
    // Before its ports are open; where it dies on the way, the next one is told.
    if (http.length + alpn.length > 0) member.useChallenges(this.#challenges).catch(() => undefined);
    const startMs = clock.monotonicMs();
    void member.ended.then((reason) => this.#onEnded(member, reason, clock.monotonicMs() - startMs > SETTLED_MS ? RESTART_FIRST_MS : restartMs));
    return member;
  }

  /** What a dead worker counted is forgotten, and another takes its place. */
  #onEnded(member: WorkerThread, reason: string, paceMs: number): void {
    const { number } = member;
    const restartMs = Math.min(paceMs, member.generation > 0 ? SERVED_LAST_MS : RESTART_LAST_MS);
    this.cells.clearRow(number);
    new KeyCounts(this.#keyMemory, 0).forgetWorker(number);
    new Slots(this.#options.slots, 0).forgetWorker(number);
    new LimitTable(this.#limitMemory, 0).forgetWorker(number);
    for (const generation of this.#retiring.keys()) this.#onRetired(generation, number);
    if (this.#stopping) return;
    this.#deaths += 1;
    const { clock, logger } = this.#options;
    logger.error('a worker died and is replaced', { worker: number, reason, afterMs: restartMs });
    const stop = clock.every(restartMs, () => {
      stop();
      if (!this.#stopping) this.#replace(number, Math.min(restartMs * 2, RESTART_LAST_MS));
    });
  }

  #replace(number: number, nextRestartMs: number): void {
    const { logger, currentPlan } = this.#options;
    const member = this.#start(number, nextRestartMs);
    const plan = currentPlan();
    if (plan === null) return;
    member.build(plan)
      .then(async () => member.swap(plan.generation))
      .then(() => (this.#logLevel === null ? undefined : member.useLogLevel(this.#logLevel)))
      .then(() => logger.info('the worker is back', { worker: number, generation: plan.generation }))
      .catch(async (error: unknown) => {
        logger.error('a replaced worker cannot build', { worker: number, error });
        await member.terminate();
      });
  }

  #onRetired(generation: number, worker: number): void {
    const left = this.#retiring.get(generation);
    if (left === undefined) return;
    left.delete(worker);
    if (left.size > 0) return;
    this.#retiring.delete(generation);
    this.#options.onRetired(generation);
  }
}
