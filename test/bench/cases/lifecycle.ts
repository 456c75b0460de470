import { median } from '../measure.ts';
import type { Peer } from '../peers/peer.ts';
import { startProxy, type Common } from '../proxies.ts';
import { setupOf } from './setups.ts';

const ROUNDS = 3;

export interface LifecycleFigure {
  readonly peer: string;
  /** From the start of the process to its first answer. */
  readonly startMs: number;
  /** From the signal to the first answer of the next configuration. */
  readonly reloadMs: number | null;
}

export async function measureLifecycle(peers: readonly Peer[], targetPort: number, common: Common): Promise<LifecycleFigure[]> {
  const rounds = new Map(peers.map((peer) => [peer, { starts: [] as number[], reloads: [] as number[] }]));
  for (let number = 0; number < ROUNDS; number += 1) {
    for (const peer of peers) {
      const proxy = await startProxy(peer, setupOf(peer.reloadSignal === null ? 'plain' : 'reload'), targetPort, common);
      rounds.get(peer)?.starts.push(proxy.startMs);
      const reloadMs = await proxy.reload('2');
      if (reloadMs !== null) rounds.get(peer)?.reloads.push(reloadMs);
      await proxy.process.stop();
    }
  }
  return [...rounds].map(([peer, { starts, reloads }]) => ({ peer: peer.name, startMs: median(starts), reloadMs: reloads.length === 0 ? null : median(reloads) }));
}
