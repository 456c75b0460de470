import type { Case } from './cases/case.ts';
import type { Done } from './load/loads.ts';
import type { Proxy } from './proxies.ts';
import type { Settings } from './settings.ts';
import { median } from './statistics.ts';
import type { WarmUp } from './warm-up.ts';

/** Figures of one proxy in one case, each the middle of all rounds. */
export interface Figure {
  readonly peer: string;
  /** Processor time for one unit; null for the direct path. */
  readonly cpuUs: number | null;
  /** Of that to nginx's in the same round; null without nginx. */
  readonly ratio: number | null;
  /** The lowest and the highest ratio of a round. */
  readonly ratios: readonly [lowest: number, highest: number] | null;
  readonly perSecond: number;
  readonly failed: number;
}

interface Round {
  readonly cpuUs: number | null;
  readonly perSecond: number;
  readonly failed: number;
}

/** Rounds in which each has its turn, in an order that is turned round each time: what else the machine does hits all. */
export async function measureCase(test: Case, proxies: readonly Proxy[], directPort: number | null, warmUp: WarmUp, settings: Settings): Promise<Figure[]> {
  for (const proxy of proxies) await warmUp.run(proxy, test.code, async (seconds) => (await turn(test, proxy, proxy.port, seconds)).cpuUs);
  const aims = [...proxies.map((proxy) => ({ name: proxy.peer.name, proxy, port: proxy.port })), ...(directPort === null ? [] : [{ name: 'direct', proxy: null, port: directPort }])];
  const rounds = new Map(aims.map(({ name }) => [name, [] as Round[]]));
  for (let number = 0; number < settings.rounds; number += 1) {
    for (const { name, proxy, port } of number % 2 === 0 ? aims : aims.toReversed()) rounds.get(name)?.push(await turn(test, proxy, port, settings.seconds));
  }
  const base = rounds.get('nginx');
  return aims.map(({ name }) => figureOf(name, rounds.get(name) ?? [], base));
}

/** @param proxy whose processor time is counted; null for the direct path. */
async function turn(test: Case, proxy: Proxy | null, port: number, seconds: number): Promise<Round> {
  const before = proxy?.process.use();
  const { count, failed, seconds: took } = await test.load({ port, tls: test.setup.name === 'tls', path: test.path, seconds }).catch(brokenOff);
  const after = proxy?.process.use();
  const cpuUs = before === undefined || after === undefined || count === 0 ? null : ((after.cpuMs - before.cpuMs) * 1000) / count;
  return { cpuUs, failed, perSecond: count / took };
}

/** One proxy that cannot do the work must not cost the figures of the others. */
function brokenOff(error: unknown): Done {
  process.stderr.write(`  ${error instanceof Error ? error.message : String(error)}\n`);
  return { count: 0, failed: 1, seconds: 1 };
}

function figureOf(peer: string, rounds: readonly Round[], base: readonly Round[] | undefined): Figure {
  const costs = rounds.flatMap(({ cpuUs }) => (cpuUs === null ? [] : [cpuUs]));
  const ratios = rounds.flatMap(({ cpuUs }, number) => {
    const baseUs = base?.[number]?.cpuUs ?? null;
    return cpuUs === null || baseUs === null ? [] : [cpuUs / baseUs];
  });
  return {
    peer,
    cpuUs: costs.length === 0 ? null : median(costs),
    ratio: ratios.length === 0 ? null : median(ratios),
    ratios: ratios.length === 0 ? null : [Math.min(...ratios), Math.max(...ratios)],
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    failed: rounds.reduce((sum, { failed }) => sum + failed, 0),
  };
}
