import { Worker } from 'node:worker_threads';
import type { MemberSpec } from '../balance/member.ts';
import type { ChallengeAnswers } from '../tls/acme/challenge-board.ts';
import type { Level } from '../observe/log-entry.ts';
import type { MetricsSnapshot } from '../observe/metrics/snapshot.ts';
import type { RecentAnswer, RecentQuery } from '../observe/recent-request.ts';
import type { TlsMaterial } from '../tls/material.ts';
import type { GuardSnapshot } from './guard-counts.ts';
import type { FromWorker, GenerationPlan, ToWorker, WorkerInit } from './messages.ts';

interface WorkerListener {
  /** A generation has served its last request in this worker. */
  readonly onRetired: (generation: number) => void;
  /** Clients asked for these names, which may have a certificate on demand and have none. */
  readonly onUncertified: (names: readonly string[]) => void;
}

/** The control plane's end of one worker thread. */
export class WorkerThread {
  readonly number: number;
  /** Resolves when the thread has ended, with what ended it. */
  readonly ended: Promise<string>;
  state: 'starting' | 'ready' | 'draining' | 'down' = 'starting';
  generation = 0;
  readonly #worker: Worker;
  readonly #listener: WorkerListener;
  readonly #waiting = new Set<{ take(message: FromWorker): boolean; fail(error: Error): void }>();

  #challenges = 0;
  #recents = 0;

  constructor(init: WorkerInit, listener: WorkerListener) {
    this.number = init.number;
    this.#listener = listener;
    const entry = new URL(import.meta.url.endsWith('.ts') ? '../workers/worker-main.ts' : '../workers/worker-main.js', import.meta.url);
    this.#worker = new Worker(entry, { workerData: init, name: `sluice-${init.number}` });
    this.#worker.on('message', (message: FromWorker) => this.#onMessage(message));
    let cause = '';
    this.#worker.on('error', (error) => {
      cause = error instanceof Error ? error.message : String(error);
    });
    this.ended = new Promise((resolve) => {
      this.#worker.once('exit', (code) => {
        this.state = 'down';
        const reason = cause === '' ? `exit code ${code}` : cause;
        for (const waiter of this.#waiting) waiter.fail(new Error(`worker ${this.number} ended: ${reason}`));
        resolve(reason);
      });
    });
  }

  /** @throws Error with the worker's words where it cannot build. */
  async build(plan: GenerationPlan): Promise<void> {
    await this.#ask({ type: 'build', plan }, doneOrFailed('built', plan.generation));
  }

  /** @throws Error with the worker's words where it cannot. */
  async swap(generation: number): Promise<void> {
    await this.#ask({ type: 'swap', generation }, doneOrFailed('swapped', generation));
    this.generation = generation;
    this.state = 'ready';
  }

  useMembers(generation: number, upstream: string, members: readonly MemberSpec[]): void {
    this.#tell({ type: 'members', generation, upstream, members });
  }

  discard(generation: number): void {
    this.#tell({ type: 'discard', generation });
  }

  useCertificates(tls: TlsMaterial): void {
    this.#tell({ type: 'certificates', tls });
  }

  /** Resolves when the worker answers certificate authorities so. @throws Error where it ends before. */
  async useChallenges(answers: ChallengeAnswers): Promise<void> {
    this.#challenges += 1;
    const number = this.#challenges;
    await this.#ask({ type: 'challenges', number, answers }, (message) => (message.type === 'challenged' && message.number === number ? true : null));
  }

  /** What it has counted since it was asked before; only one may ask at a time. @throws Error where it ends before it answers. */
  async snapshot(): Promise<MetricsSnapshot> {
    return this.#ask({ type: 'metrics' }, (message) => (message.type === 'metrics-snapshot' ? message.snapshot : null));
  }

  /** What it has counted of its generation since it was asked before; only one may ask at a time. @throws Error where it ends before it answers. */
  async guardCounts(isOnTrial: boolean): Promise<{ readonly snapshot: GuardSnapshot | null }> {
    return this.#ask({ type: 'guard', isOnTrial }, (message) => (message.type === 'guard-counts' ? message : null));
  }

  /** Of the last requests that ended in it. @throws Error where it ends before it answers. */
  async recent(query: RecentQuery): Promise<RecentAnswer> {
    this.#recents += 1;
    const number = this.#recents;
    return this.#ask({ type: 'recent', number, query }, (message) => (message.type === 'recent-answer' && message.number === number ? message.answer : null));
  }

  /** Sockets of its ports, for a process that is to go on with them. @throws Error where it ends before it answers. */
  async descriptors(): Promise<readonly number[]> {
    return this.#ask({ type: 'descriptors' }, (message) => (message.type === 'descriptors' ? message.descriptors : null));
  }

  useLogLevel(level: Level): void {
    this.#tell({ type: 'log-level', level });
  }

  reopenLogs(): void {
    this.#tell({ type: 'reopen-logs' });
  }

  /** @returns how many connections had to be cut. */
  async drain(timeoutMs: number): Promise<number> {
    if (this.state !== 'down') this.state = 'draining';
    return this.#ask({ type: 'drain', timeoutMs }, (message) => (message.type === 'drained' ? message.cut : null));
  }

  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #tell(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Sends a message and waits for the answer that `pick` knows; what `pick` throws is the outcome too. */
  async #ask<T>(message: ToWorker, pick: (answer: FromWorker) => T | null): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const waiter = {
        take: (answer: FromWorker): boolean => {
          try {
            const picked = pick(answer);
            if (picked === null) return false;
            resolve(picked);
          } catch (error) {
            reject(error instanceof Error ? error : new Error(String(error)));
          }
          this.#waiting.delete(waiter);
          return true;
        },
        fail: reject,
      };
      if (this.state === 'down') {
        reject(new Error(`worker ${this.number} is down`));
        return;
      }
      this.#waiting.add(waiter);
      this.#tell(message);
    });
  }

  #onMessage(message: FromWorker): void {
    if (message.type === 'retired') {
      this.#listener.onRetired(message.generation);
      return;
    }
    if (message.type === 'uncertified') {
      this.#listener.onUncertified(message.names);
      return;
    }
    for (const waiter of this.#waiting) if (waiter.take(message)) return;
  }
}

/** Knows the answer to a message about a generation. */
function doneOrFailed(done: 'built' | 'swapped', generation: number): (answer: FromWorker) => true | null {
  return (answer) => {
    if (answer.type === 'failed' && answer.generation === generation) throw new Error(answer.error);
    return answer.type === done && answer.generation === generation ? true : null;
  };
}
