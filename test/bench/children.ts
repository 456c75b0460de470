import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const running = new Set<ChildProcess>();

/** However the run ends, by its end, an error or Ctrl-C: nothing is left behind that listens or loads. */
process.once('exit', () => {
  for (const child of running) endTree(child);
});

/** Notes a child for as long as it runs. */
export function owned<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** Kills a child with all that it started: descendants first, because nobody could name them afterwards. */
export function endTree(child: ChildProcess): void {
  for (const pid of pidsOf(child).toReversed()) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself meanwhile.
    }
  }
}

/** A child and its descendants; none of one that has ended. */
export function pidsOf({ pid, exitCode, signalCode }: ChildProcess): number[] {
  return pid === undefined || exitCode !== null || signalCode !== null ? [] : tree(pid);
}

function tree(pid: number): number[] {
  try {
    const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter((text) => text !== ''));
    return [pid, ...children.flatMap((child) => tree(Number(child)))];
  } catch {
    return [];
  }
}
