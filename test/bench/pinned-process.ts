import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { commandPath } from '../helpers/service.ts';
import { endTree, owned, pidsOf } from './children.ts';

/** What is measured has a core of its own; whatever loads it shares the other one. */
const PROXY_CORE = 0;
const OTHER_CORE = 1;

/** Of /proc/PID/stat; the same on every Linux that we know of. */
const TICKS_PER_SECOND = 100;

/** Whether `taskset` is there and has two cores to choose from; asked before this process is pinned itself. */
export const canPin = commandPath('taskset') !== null && availableParallelism() > 1;

/** This process leaves the core of the proxies too. */
export function pinSelf(): void {
  if (canPin) execFileSync('taskset', ['-apc', String(OTHER_CORE), String(process.pid)], { stdio: 'ignore' });
}

/** The command line that runs `program` on the core of proxies, or on the other one. */
export function pinned(program: string, args: readonly string[], isProxy: boolean): readonly [program: string, args: readonly string[]] {
  if (!canPin) return [program, args];
  return ['taskset', ['-c', String(isProxy ? PROXY_CORE : OTHER_CORE), program, ...args]];
}

/** Without what would make Node.js start faster, or behave differently, than where it is installed. */
const { NODE_COMPILE_CACHE: _cache, NODE_OPTIONS: _options, ...ENVIRONMENT } = process.env;

export interface ProcessUse {
  /** User and system, of all threads and children. */
  readonly cpuMs: number;
  readonly residentKib: number;
}

/** A process with all that it started, whose output goes to a file in `dir`. */
export class PinnedProcess {
  readonly #child: ChildProcess;
  readonly log: string;

  constructor(name: string, dir: string, program: string, args: readonly string[], isProxy = true) {
    this.log = path.join(dir, `${name}.out`);
    const out = openSync(this.log, 'a');
    const [command, list] = pinned(program, args, isProxy);
    this.#child = owned(spawn(command, list, { cwd: dir, env: ENVIRONMENT, stdio: ['ignore', out, out] }));
    closeSync(out);
  }

  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  use(): ProcessUse {
    const uses = pidsOf(this.#child).map(useOf);
    return { cpuMs: uses.reduce((sum, { cpuMs }) => sum + cpuMs, 0), residentKib: uses.reduce((sum, { residentKib }) => sum + residentKib, 0) };
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async stop(): Promise<void> {
    if (this.ended) return;
    const ended = once(this.#child, 'exit');
    endTree(this.#child);
    await ended;
  }
}

function useOf(pid: number): ProcessUse {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in brackets, may hold anything; the fields behind it begin with the third.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const resident = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '0';
  return { cpuMs: (ticks * 1000) / TICKS_PER_SECOND, residentKib: Number(resident) };
}
