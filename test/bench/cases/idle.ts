import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { endTree, owned } from '../children.ts';
import type { GeneratorResult } from '../load/generator-task.ts';
import { GENERATOR, taskOf } from '../load/loads.ts';
import type { Peer } from '../peers/peer.ts';
import { pinned } from '../pinned-process.ts';
import { startProxy, type Common } from '../proxies.ts';
import { setupOf } from './setups.ts';

/** Kinds of what can be open and idle, and the paths that bring them. */
export const IDLE_KINDS = [['WebSocket', '/ws'], ['event stream', '/sse-idle'], ['keep-alive connection', '/small']] as const;

/** Opened before the proxy is looked at: code and tables that the very first connections bring are not each one's. */
const FIRST = 200;

export interface IdleFigure {
  readonly peer: string;
  readonly kind: string;
  readonly wished: number;
  readonly connections: number;
  /** Why there are fewer than wished. */
  readonly reason: string | null;
  /** What the proxy has grown by, for each connection; null where it held too few to tell. */
  readonly kibEach: number | null;
}

/** One kind, with a fresh proxy each, because what another kind has left behind would be used again. */
export async function measureIdle(kind: string, url: string, peers: readonly Peer[], targetPort: number, common: Common, wished: number): Promise<IdleFigure[]> {
  const figures: IdleFigure[] = [];
  for (const peer of peers) {
    const proxy = await startProxy(peer, setupOf('idle'), targetPort, common);
    const first = await hold(proxy.port, url, FIRST);
    const before = proxy.process.use().residentKib;
    const rest = await hold(proxy.port, url, wished - FIRST);
    const grown = proxy.process.use().residentKib - before;
    figures.push({ peer: peer.name, kind, wished, connections: first.count + rest.count, reason: first.reason ?? rest.reason ?? null, kibEach: rest.count < FIRST ? null : grown / rest.count });
    for (const { child } of [first, rest]) endTree(child);
    await proxy.process.stop();
  }
  return figures;
}

async function hold(port: number, path: string, connections: number): Promise<GeneratorResult & { readonly child: ChildProcess }> {
  const [command, args] = pinned(process.execPath, [GENERATOR, JSON.stringify(taskOf('idle', { port, path, connections }))], false);
  const child = owned(spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), once(child, 'exit').then(() => [''])]) as [string];
  if (line === '') throw new Error(`connections to ${path} could not be opened`);
  return { ...JSON.parse(line) as GeneratorResult, child };
}
