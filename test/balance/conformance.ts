import type { Test } from 'tap';
import type { Candidate } from '../../src/balance/member.ts';
import type { BalanceConfig } from '../../src/config/upstream-config.ts';
import { at, equalCandidates, listOf, someCandidates, startBalancer, type Balancing } from './sample-candidates.ts';

const PICKS = 100_000;
/** A pick among a thousand may cost so much more than one among ten, on a machine that does other things too. */
const COST_RATIO_MAX = 6;

/** Each count is within five standard deviations of what its weight is worth, and the two per cent that a ring of few members is off. */
function isSpread(t: Test, counts: readonly number[], weights: readonly number[]): void {
  const picks = counts.reduce((sum, count) => sum + count, 0);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    const expected = (picks * weight) / total;
    const bound = 5 * Math.sqrt(expected) + 0.02 * expected;
    t.ok(Math.abs(at(counts, i) - expected) <= bound, `weight ${weight}: ${at(counts, i)} picks, ${expected.toFixed(0)} ± ${bound.toFixed(0)} expected`);
  }
}

/** Nanoseconds per pick, of the best of several rounds. */
function costNs({ balancer, exchange }: Balancing, count: number): number {
  const list = listOf(equalCandidates(count));
  const addresses = Array.from({ length: 1024 }, (_, i) => `198.51.100.${i}`);
  const rounds = Array.from({ length: 7 }, () => {
    const startNs = process.hrtime.bigint();
    for (let i = 0; i < 20_000; i += 1) {
      exchange.clientAddress = at(addresses, i % 1024);
      balancer.pick(list, { exchange, tried: [] });
    }
    return Number(process.hrtime.bigint() - startNs) / 20_000;
  });
  return Math.min(...rounds);
}

/** What holds for every balancer. @param flat its cost does not grow with the number of members. */
export async function conforms(t: Test, config: BalanceConfig, flat: boolean): Promise<void> {
  await t.test('nobody is chosen where nobody is there', async (t) => {
    const { pick } = startBalancer(config);
    t.equal(pick(listOf([])), null);
    const all = equalCandidates(3);
    t.equal(pick(listOf(all, [])), null, 'nobody of those there are can be chosen');
  });

  await t.test('one is always the one', async (t) => {
    const { pick, count } = startBalancer(config);
    const all = someCandidates([7]);
    t.strictSame(count(100, listOf(all), all), [100, 0]);
    t.equal(pick(listOf(all), all), null);
  });

  await t.test('equals get equal shares', async (t) => {
    for (const members of [2, 5, 40]) {
      const all = equalCandidates(members);
      isSpread(t, startBalancer(config).count(PICKS, listOf(all), all), all.map(() => 1));
    }
  });

  await t.test('shares follow weights, be they small, coprime or too uneven for a short cycle', async (t) => {
    for (const weights of [[1, 2, 5], [300, 200, 100], [1000, 999, 997, 991, 983, 3]]) {
      const all = someCandidates(weights);
      const counts = startBalancer(config).count(PICKS, listOf(all), all);
      t.equal(counts.at(-1), 0, 'nobody else is chosen');
      isSpread(t, counts.slice(0, -1), weights);
    }
  });

  await t.test('what this request has tried is never chosen again, and its share goes to all others by weight', async (t) => {
    const weights = [5, 1, 2, 4];
    const all = someCandidates(weights);
    const counts = startBalancer(config).count(PICKS, listOf(all), all, [at(all, 0), at(all, 2), at(all, 0)]);
    t.match(counts, { 0: 0, 2: 0, 4: 0 });
    isSpread(t, [at(counts, 1), at(counts, 3)], [1, 4]);
  });

  await t.test('nobody is left where all were tried; until then somebody is', async (t) => {
    const { pick, random } = startBalancer(config);
    const all = someCandidates([1, 1000, 3, 3, 80]);
    const stranger = at(equalCandidates(9), 8);
    for (let round = 0; round < 50; round += 1) {
      const tried: Candidate[] = random.chance(0.5) ? [stranger] : [];
      const chosen = new Set<Candidate | null>();
      for (const _ of all) {
        const next = pick(listOf(all), tried);
        chosen.add(next);
        if (next !== null) tried.push(next);
      }
      t.strictSame(chosen, new Set(all), 'as many choices as there are members are all of them');
      t.equal(pick(listOf(all), tried), null);
    }
  });

  await t.test('a change of the list counts at once: who is away gets nothing, who is back gets its share', async (t) => {
    const all = equalCandidates(4);
    const { count } = startBalancer(config);
    const whole = listOf(all);
    const without = listOf(all, all.slice(1));
    isSpread(t, count(PICKS / 4, whole, all).slice(0, -1), [1, 1, 1, 1]);
    const away = count(PICKS / 4, without, all);
    t.match(away, { 0: 0, 4: 0 });
    isSpread(t, away.slice(1, -1), [1, 1, 1]);
    isSpread(t, count(PICKS / 4, whole, all).slice(0, -1), [1, 1, 1, 1]);
    const others = someCandidates([1, 1, 1, 1, 1]);
    isSpread(t, count(PICKS / 4, listOf(others), others).slice(0, -1), [1, 1, 1, 1, 1]);
  });

  await t.test('turns go on where their counter passes the sign bit, and where it wraps around', async (t) => {
    const all = equalCandidates(4);
    for (const turn of [0x7fffffff - 500, -500]) isSpread(t, startBalancer(config, turn).count(1000, listOf(all), all).slice(0, -1), [1, 1, 1, 1]);
  });

  await t.test('the same seed makes the same choices', async (t) => {
    const all = equalCandidates(5);
    t.strictSame(startBalancer(config).count(500, listOf(all), all), startBalancer(config).count(500, listOf(all), all));
  });

  if (!flat) return;
  await t.test('a pick among a thousand costs about what one among ten does', async (t) => {
    const balancing = startBalancer(config);
    const few = costNs(balancing, 10);
    const many = costNs(balancing, 1000);
    t.ok(many < few * COST_RATIO_MAX, `${many.toFixed(0)} ns, and ${few.toFixed(0)} ns among ten`);
  });
}
