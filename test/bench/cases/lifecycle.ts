import type { Peer } from '../peers/peer.ts';
import { startProxy, type Common } from '../proxies.ts';
import { median } from '../statistics.ts';
import { setupOf } from './setups.ts';

export interface LifecycleFigure {
  readonly peer: string;
  /** From the start of the process to its first answer. */
  readonly startMs: number;
  /** From the order to the first answer of the next configuration; null: it has to be started anew. */
  readonly reloadMs: number | null;
}

/** Each start with a folder of its own; all programs are in the page cache after the first. */
export async function measureLifecycle(peers: readonly Peer[], targetPort: number, common: Common, count: number): Promise<LifecycleFigure[]> {
  const rounds = new Map(peers.map((peer) => [peer, { starts: [] as number[], reloads: [] as number[] }]));
  for (let number = 0; number < count; number += 1) {
    for (const peer of peers) {
      const proxy = await startProxy(peer, setupOf(peer.reload === null ? 'plain' : 'reload'), targetPort, common);
      rounds.get(peer)?.starts.push(proxy.startMs);
      const reloadMs = await proxy.reload('2');
      if (reloadMs !== null) rounds.get(peer)?.reloads.push(reloadMs);
      await proxy.process.stop();
    }
  }
  return [...rounds].map(([peer, { starts, reloads }]) => ({ peer: peer.name, startMs: median(starts), reloadMs: reloads.length === 0 ? null : median(reloads) }));
}
