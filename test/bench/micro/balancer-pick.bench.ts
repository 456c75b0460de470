// Nanoseconds per pick among 3, 10, 100 and 1,000 members: node test/bench/micro/balancer-pick.bench.ts
import { performance } from 'node:perf_hooks';
import type { BalanceConfig } from '../../../src/config/upstream-config.ts';
import { equalCandidates, listOf, someCandidates, startBalancer } from '../../balance/sample-candidates.ts';

const COUNTS = [3, 10, 100, 1000];
const PICKS = 100_000;
const ROUNDS = 5;
const ADDRESSES = Array.from({ length: 65_536 }, (_, i) => Buffer.from(`203.0.${i >> 8}.${i & 255}`).toString('latin1'));

const CASES: readonly (readonly [name: string, config: BalanceConfig])[] = [
  ['round-robin', { kind: 'round-robin' }],
  ['least-conn', { kind: 'least-conn' }],
  ['random-two', { kind: 'random-two' }],
  ['hash: address', { kind: 'hash', key: { of: 'address', name: null } }],
  ['sticky, without a cookie', { kind: 'sticky', cookie: 'sluice', secret: null, ttlMs: 0, over: 'round-robin' }],
];

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
}

/** One in flight here and there, so that least-conn and random-two have something to compare. */
function measureNs(config: BalanceConfig, weights: readonly number[], tries: boolean): number {
  const { balancer, exchange } = startBalancer(config);
  const all = someCandidates(weights);
  for (const [i, { slot }] of all.entries()) slot.addInFlight(i % 3);
  const list = listOf(all);
  const question = { exchange, tried: tries ? all.slice(0, 1) : [] };
  return median(Array.from({ length: ROUNDS }, () => {
    const startMs = performance.now();
    for (let i = 0; i < PICKS; i += 1) {
      exchange.clientAddress = ADDRESSES[i & 65_535] ?? '';
      balancer.pick(list, question);
    }
    return ((performance.now() - startMs) * 1e6) / PICKS;
  }));
}

/** A pick, the place it takes, and one given back somewhere else, with as many requests in flight as there are members. */
function cycleNs(config: BalanceConfig, weights: readonly number[]): number {
  const { balancer, exchange, random } = startBalancer(config);
  const list = listOf(someCandidates(weights));
  const question = { exchange, tried: [] };
  const held = weights.map(() => balancer.pick(list, question));
  for (const candidate of held) candidate?.slot.addInFlight(1);
  return median(Array.from({ length: ROUNDS }, () => {
    const startMs = performance.now();
    for (let i = 0; i < PICKS; i += 1) {
      const back = random.integer(held.length);
      held[back]?.slot.addInFlight(-1);
      const chosen = balancer.pick(list, question);
      chosen?.slot.addInFlight(1);
      held[back] = chosen;
    }
    return ((performance.now() - startMs) * 1e6) / PICKS;
  }));
}

/** Milliseconds for the first pick of a list, which includes whatever is worked out once. */
function learnMs(config: BalanceConfig, weights: readonly number[]): number {
  const { balancer, exchange } = startBalancer(config);
  exchange.clientAddress = '203.0.113.1';
  return median(Array.from({ length: ROUNDS }, () => {
    const list = listOf(someCandidates(weights));
    const startMs = performance.now();
    balancer.pick(list, { exchange, tried: [] });
    return performance.now() - startMs;
  }));
}

/** Among so many members as COUNTS says, in its order. */
function row(name: string, cells: readonly string[], unit: string): void {
  console.log(`${name.padEnd(52)} ${cells.join(', ').padStart(24)} ${unit}`);
}

for (const [name, config] of CASES) {
  const equal = COUNTS.map((count) => equalCandidates(count).map(({ weight }) => weight));
  const uneven = equal.map((weights) => weights.map((_, i) => 1 + ((i * 37) % 50)));
  row(`${name}, of ${COUNTS.join('/')} members`, equal.map((weights) => measureNs(config, weights, false).toFixed(0)), 'ns');
  row(`${name}, uneven weights`, uneven.map((weights) => measureNs(config, weights, false).toFixed(0)), 'ns');
  row(`${name}, second choice`, equal.map((weights) => measureNs(config, weights, true).toFixed(0)), 'ns');
  if (config.kind === 'least-conn' || config.kind === 'random-two') row(`${name}, place taken, another given back`, equal.map((weights) => cycleNs(config, weights).toFixed(0)), 'ns');
  row(`${name}, new list`, uneven.map((weights) => learnMs(config, weights).toFixed(2)), 'ms');
}
