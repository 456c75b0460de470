import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { GeneratorResult } from '../load/generator-task.ts';
import { GENERATOR, taskOf } from '../load/loads.ts';
import type { Peer } from '../peers/peer.ts';
import { pinned } from '../pinned-process.ts';
import { startProxy, type Common } from '../proxies.ts';
import { setupOf } from './setups.ts';

const KINDS = [['WebSocket', '/ws'], ['event stream', '/sse-idle'], ['keep-alive connection', '/small']] as const;
const WISHED = 10_000;

export interface IdleFigure {
  readonly peer: string;
  readonly kind: string;
  readonly connections: number;
  /** What the proxy has grown by, for each connection. */
  readonly kibEach: number;
}

/** A proxy holds two files for each stream, and some of its own. */
export function connectionsMax(): number {
  const limit = Number(/^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? 1024);
  return Math.min(WISHED, Math.floor((limit - 500) / 2));
}

/** Each kind with a fresh proxy, because what one has left behind would be used again by the next. */
export async function measureIdle(peers: readonly Peer[], targetPort: number, common: Common, connections: number): Promise<IdleFigure[]> {
  const figures: IdleFigure[] = [];
  for (const [kind, path] of KINDS) {
    for (const peer of peers) {
      const proxy = await startProxy(peer, setupOf('idle'), targetPort, common);
      // A few first: code and tables that the very first connection brings are not each one's.
      const first = await hold(proxy.port, path, 200);
      const before = proxy.process.use().residentKib;
      const rest = await hold(proxy.port, path, connections - 200);
      const grown = proxy.process.use().residentKib - before;
      figures.push({ peer: peer.name, kind, connections: first.count + rest.count, kibEach: grown / rest.count });
      for (const { child } of [first, rest]) child.kill();
      await proxy.process.stop();
    }
  }
  return figures;
}

async function hold(port: number, path: string, connections: number): Promise<{ readonly child: ChildProcess; readonly count: number }> {
  const [command, args] = pinned(process.execPath, [GENERATOR, JSON.stringify(taskOf('idle', { port, path, connections }))], false);
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => [''])]) as [Buffer | string];
  if (line === '') throw new Error(`connections to ${path} could not be opened`);
  return { child, count: (JSON.parse(String(line)) as GeneratorResult).count };
}
