import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { commandPath } from '../helpers/service.ts';

/** What is measured has a core of its own; whatever loads it shares the other one. */
const PROXY_CORE = 0;
const OTHER_CORE = 1;

/** Of /proc/PID/stat; the same on every Linux that we know of. */
const TICKS_PER_SECOND = 100;

/** Whether `taskset` is there and has two cores to choose from. */
export function canPin(): boolean {
  return commandPath('taskset') !== null && availableParallelism() > 1;
}

/** The command line that runs `program` on the core of proxies, or on the other one. */
export function pinned(program: string, args: readonly string[], isProxy: boolean): readonly [program: string, args: readonly string[]] {
  if (!canPin()) return [program, args];
  return ['taskset', ['-c', String(isProxy ? PROXY_CORE : OTHER_CORE), program, ...args]];
}

export interface ProcessUse {
  /** User and system, of all threads and children. */
  readonly cpuMs: number;
  readonly residentKib: number;
}

/** A process with all that it started, whose output goes to a file in `dir`. */
export class PinnedProcess {
  static readonly #running = new Set<PinnedProcess>();
  readonly #child: ChildProcess;
  readonly log: string;

  constructor(name: string, dir: string, program: string, args: readonly string[], isProxy = true) {
    this.log = path.join(dir, `${name}.out`);
    const out = openSync(this.log, 'a');
    const [command, list] = pinned(program, args, isProxy);
    this.#child = spawn(command, list, { cwd: dir, stdio: ['ignore', out, out] });
    closeSync(out);
    PinnedProcess.#running.add(this);
    this.#child.once('exit', () => PinnedProcess.#running.delete(this));
  }

  /** For a run that is broken off: nothing is left behind that listens. */
  static async stopAll(): Promise<void> {
    await Promise.all([...PinnedProcess.#running].map(async (process) => process.stop()));
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  use(): ProcessUse {
    const uses = this.#pids().map(useOf);
    return { cpuMs: uses.reduce((sum, { cpuMs }) => sum + cpuMs, 0), residentKib: uses.reduce((sum, { residentKib }) => sum + residentKib, 0) };
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    // Children first: what is killed cannot end them any more.
    for (const pid of this.#pids().toReversed()) process.kill(pid, 'SIGKILL');
    await once(this.#child, 'exit');
  }

  #pids(): number[] {
    return this.#child.pid === undefined || this.ended ? [] : tree(this.#child.pid);
  }
}

function tree(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter((text) => text !== ''));
  return [pid, ...children.flatMap((child) => tree(Number(child)))];
}

function useOf(pid: number): ProcessUse {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in brackets, may hold anything; the fields behind it begin with the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return { cpuMs: (ticks * 1000) / TICKS_PER_SECOND, residentKib: Number(resident) };
}
