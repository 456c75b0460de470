import type { Latency } from '../load/generator-task.ts';
import { generator } from '../load/loads.ts';
import { median } from '../measure.ts';
import type { Proxy } from '../proxies.ts';
import type { Settings } from '../settings.ts';

const RATE = 5000;

export interface LatencyFigure extends Latency {
  readonly peer: string;
  readonly perSecond: number;
  readonly residentMib: number;
  readonly failed: number;
}

/** Small JSON over HTTP/1.1, 5,000 a second on 64 connections, in milliseconds from when each was due. */
export async function measureLatency(proxies: readonly Proxy[], directPort: number, settings: Settings): Promise<LatencyFigure[]> {
  const load = generator('open-loop', { connections: 64, perSecond: RATE });
  const aims = [...proxies.map((proxy) => ({ name: proxy.peer.name, port: proxy.port })), { name: 'direct', port: directPort }];
  const rounds = new Map(aims.map(({ name }) => [name, [] as (Latency & { failed: number })[]]));
  for (let number = 0; number < settings.rounds; number += 1) {
    for (const { name, port } of number % 2 === 0 ? aims : aims.toReversed()) {
      const { latency, failed } = await load({ port, tls: false, path: '/small', seconds: settings.seconds });
      if (latency !== undefined) rounds.get(name)?.push({ ...latency, failed });
    }
  }
  return aims.map(({ name }) => {
    const all = rounds.get(name) ?? [];
    const middle = (of: (round: Latency) => number): number => median(all.map(of));
    const resident = proxies.find(({ peer }) => peer.name === name)?.process.use().residentKib ?? 0;
    return { peer: name, perSecond: RATE, p50: middle(({ p50 }) => p50), p99: middle(({ p99 }) => p99), p999: middle(({ p999 }) => p999), residentMib: resident / 1024, failed: all.reduce((sum, { failed }) => sum + failed, 0) };
  });
}
