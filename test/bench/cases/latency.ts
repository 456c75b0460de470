import type { GeneratorResult, Latency } from '../load/generator-task.ts';
import { generator, wrk } from '../load/loads.ts';
import type { Proxy } from '../proxies.ts';
import type { Settings } from '../settings.ts';
import { median } from '../statistics.ts';
import type { WarmUp } from '../warm-up.ts';

const RATE = 5000;

/** Of what was asked, answered in time: below it, waiting in line is all that a latency would show. */
const KEPT_UP = 0.98;

export interface LatencyFigure {
  readonly peer: string;
  /** Requests a second. */
  readonly asked: number;
  /** Of those, what was answered before the load ended. */
  readonly answered: number;
  /** Null: it could not keep up. */
  readonly latency: Latency | null;
  readonly residentMib: number | null;
  readonly failed: number;
}

type Round = GeneratorResult & { readonly latency: Latency };

/** Small JSON over HTTP/1.1, 5,000 a second on 64 connections. */
export async function measureLatency(proxies: readonly Proxy[], directPort: number | null, warmUp: WarmUp, settings: Settings): Promise<LatencyFigure[]> {
  const load = generator('open-loop', { connections: 64, perSecond: RATE });
  for (const proxy of proxies) await warmUp.run(proxy, 'answers', async (seconds) => costOf(proxy, seconds));
  const aims = [...proxies.map((proxy) => ({ name: proxy.peer.name, port: proxy.port })), ...(directPort === null ? [] : [{ name: 'direct', port: directPort }])];
  const rounds = new Map(aims.map(({ name }) => [name, [] as Round[]]));
  for (let number = 0; number < settings.rounds; number += 1) {
    for (const { name, port } of number % 2 === 0 ? aims : aims.toReversed()) {
      const result = await load({ port, tls: false, path: '/small', seconds: settings.latencySeconds });
      if (result.latency !== undefined) rounds.get(name)?.push({ ...result, latency: result.latency });
    }
  }
  return aims.map(({ name }) => latencyFigureOf(name, rounds.get(name) ?? [], proxies.find(({ peer }) => peer.name === name)?.process.use().residentKib ?? null));
}

/** The middle of all rounds: each is long enough for its own percentiles, and one that was disturbed does not decide. */
export function latencyFigureOf(peer: string, rounds: readonly Round[], residentKib: number | null): LatencyFigure {
  const answered = median(rounds.map(({ count, seconds }) => count / seconds));
  const middle = (of: (latency: Latency) => number): number => median(rounds.map(({ latency }) => of(latency)));
  return {
    peer, asked: RATE, answered, failed: rounds.reduce((sum, { failed }) => sum + failed, 0), residentMib: residentKib === null ? null : residentKib / 1024,
    latency: answered >= RATE * KEPT_UP ? { p50: middle(({ p50 }) => p50), p99: middle(({ p99 }) => p99), p999: middle(({ p999 }) => p999), sentP99: middle(({ sentP99 }) => sentP99) } : null,
  };
}

async function costOf({ process, port }: Proxy, seconds: number): Promise<number | null> {
  const before = process.use().cpuMs;
  const { count } = await wrk()({ port, tls: false, path: '/small', seconds });
  return count === 0 ? null : (process.use().cpuMs - before) / count;
}
