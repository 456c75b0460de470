import type { Case } from './cases/case.ts';
import type { Done } from './load/loads.ts';
import type { Proxy } from './proxies.ts';
import type { Settings } from './settings.ts';

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

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? Number.NaN) : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2;
}

/** Rounds in which each has its turn, in an order that is turned round each time: what else the machine does hits all. */
export async function measureCase(test: Case, proxies: readonly Proxy[], directPort: number | null, settings: Settings): Promise<Figure[]> {
  const names = [...proxies.map(({ peer }) => peer.name), ...(directPort === null ? [] : ['direct'])];
  const rounds = new Map(names.map((name) => [name, [] as Round[]]));
  const turn = async (name: string, seconds: number): Promise<Round> => {
    const proxy = proxies.find(({ peer }) => peer.name === name) ?? null;
    const aim = { port: proxy?.port ?? directPort ?? 0, tls: test.setup.name === 'tls', path: test.path, seconds };
    const before = proxy?.process.use();
    const { count, failed, seconds: took } = await test.load(aim).catch(brokenOff);
    const after = proxy?.process.use();
    const cpuUs = before === undefined || after === undefined || count === 0 ? null : ((after.cpuMs - before.cpuMs) * 1000) / count;
    return { cpuUs, failed, perSecond: count / took };
  };
  for (const name of names) await turn(name, settings.quick ? 1 : 2);
  for (let number = 0; number < settings.rounds; number += 1) {
    for (const name of number % 2 === 0 ? names : names.toReversed()) rounds.get(name)?.push(await turn(name, settings.seconds));
  }
  const base = rounds.get('nginx');
  return names.map((name) => figureOf(name, rounds.get(name) ?? [], base));
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
