import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

interface Bounds {
  readonly memoryBytes: number;
  /** Of one core. */
  readonly cpuShare: number;
}

/** A control group of Linux with bounds on memory and time, as a container has; null where this user or machine has none. */
export class ControlGroup {
  readonly #folders: readonly string[];

  static make(name: string, { memoryBytes, cpuShare }: Bounds): ControlGroup | null {
    const [quota, period] = [String(Math.round(cpuShare * 100_000)), '100000'];
    const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers');
    const settings: readonly (readonly [string, string, string])[] = isUnified
      ? [['', 'memory.max', String(memoryBytes)], ['', 'memory.swap.max', '0'], ['', 'cpu.max', `${quota} ${period}`]]
      : [['memory', 'memory.limit_in_bytes', String(memoryBytes)], ['cpu', 'cpu.cfs_period_us', period], ['cpu', 'cpu.cfs_quota_us', quota]];
    const folders = [...new Set(settings.map(([controller]) => path.join('/sys/fs/cgroup', controller, name)))];
    const group = new ControlGroup(folders);
    try {
      for (const folder of folders) mkdirSync(folder, { recursive: true });
      for (const [controller, file, value] of settings) writeFileSync(path.join('/sys/fs/cgroup', controller, name, file), value);
      return group;
    } catch {
      group.remove();
      return null;
    }
  }

  private constructor(folders: readonly string[]) {
    this.#folders = folders;
  }

  /** For a shell: from there on it and what it starts are in the group. */
  get enter(): string {
    return this.#folders.map((folder) => `echo $$ > ${folder}/cgroup.procs`).join(' && ');
  }

  /** The most memory that was in use at once, in bytes, what the kernel keeps of files included. */
  get peakBytes(): number {
    return Number(this.#read('memory.max_usage_in_bytes') ?? this.#read('memory.peak') ?? 0);
  }

  /** How often the kernel ended a process because the bound was reached. */
  get kills(): number {
    return Number(/oom_kill (\d+)/.exec(this.#read('memory.oom_control') ?? this.#read('memory.events') ?? '')?.[1] ?? 0);
  }

  /** Empty by then. */
  remove(): void {
    for (const folder of this.#folders) if (existsSync(folder)) rmdirSync(folder);
  }

  #read(file: string): string | null {
    for (const folder of this.#folders) if (existsSync(path.join(folder, file))) return readFileSync(path.join(folder, file), 'utf8');
    return null;
  }
}
