import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ChaosMode } from './chaos-app.ts';
import { tempDir } from './temp-dir.ts';

const APP = path.join(import.meta.dirname, 'chaos-app.ts');

/**
 * An application in a process of its own that can be killed, started again at the same port, frozen, and made
 * to misbehave. Answers a request with `METHOD ID`, the id being its x-chaos-id, and keeps account of the ids.
 */
export class ChaosTarget {
  readonly host: string;
  readonly #ledger: string;
  #port = 0;
  #child: ChildProcess | null = null;

  /** Killed at teardown. Default host 127.0.0.1. */
  static async start(t: Parameters<typeof tempDir>[0], host = '127.0.0.1'): Promise<ChaosTarget> {
    const target = new ChaosTarget(host, path.join(tempDir(t), 'ledger'));
    t.teardown(async () => target.kill());
    await target.restart();
    return target;
  }

  private constructor(host: string, ledger: string) {
    this.host = host;
    this.#ledger = ledger;
    writeFileSync(ledger, '');
  }

  /** As a target is written in a configuration. */
  get target(): string {
    return `${this.host}:${this.#port}`;
  }

  /** Starts it, in mode `ok`; resolves when it listens, at the port it has always had. */
  async restart(): Promise<void> {
    const child = fork(APP, [this.host, String(this.#port), this.#ledger]);
    this.#child = child;
    const [port] = await once(child, 'message') as [number];
    this.#port = port;
  }

  /** Ends it at once, or with SIGTERM as an orderly application does: what is in work is answered first. Resolves when it is gone. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child === null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** Hangs: connections are made by the system, and nothing is read. */
  freeze(): void {
    this.#child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child?.kill('SIGCONT');
  }

  /** Resolves when it is so. */
  async become(mode: ChaosMode): Promise<void> {
    if (this.#child === null) throw new Error(`${this.target} is not running`);
    const done = once(this.#child, 'message');
    this.#child.send(mode);
    await done;
  }

  /** The id of each request it has seen, in order, over all its lives. */
  seen(): string[] {
    return readFileSync(this.#ledger, 'utf8').split('\n').slice(0, -1);
  }
}

/** How often each id was seen at all targets together. */
export function arrivals(targets: readonly ChaosTarget[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const id of targets.flatMap((target) => target.seen())) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
