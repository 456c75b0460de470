// A pick among 3, 10, 100 and 1,000 members: node test/bench/micro/balancer-pick.bench.ts
import type { Candidate } from '../../../src/balance/member.ts';
import type { BalanceConfig } from '../../../src/config/upstream-config.ts';
import { listOf, someCandidates, startBalancer } from '../../balance/sample-candidates.ts';
import { freshText, inTurn, micro } from '../micro-bench.ts';

const COUNTS = [3, 10, 100, 1000];
/** Where the difference to equal weights, and to a first choice, is not a question of how many there are. */
const TWO_COUNTS = [10, 1000];
const ADDRESSES = Array.from({ length: 65_536 }, (_, i) => freshText(`203.0.${i >> 8}.${i & 255}`));

const CASES: readonly (readonly [name: string, config: BalanceConfig])[] = [
  ['round-robin', { kind: 'round-robin' }],
  ['least-conn', { kind: 'least-conn' }],
  ['random-two', { kind: 'random-two' }],
  ['hash: address', { kind: 'hash', key: { of: 'address', name: null } }],
  ['sticky, without a cookie', { kind: 'sticky', cookie: 'sluice', secret: null, ttlMs: 0, over: 'round-robin' }],
];

const equal = (count: number): number[] => Array.from({ length: count }, () => 1);
const uneven = (count: number): number[] => Array.from({ length: count }, (_, i) => 1 + ((i * 37) % 50));

/** One in flight here and there, so that least-conn and random-two have something to compare. */
async function pick(name: string, config: BalanceConfig, weights: readonly number[], tries = false): Promise<void> {
  const { balancer, exchange } = startBalancer(config);
  const all = someCandidates(weights);
  for (const [i, { slot }] of all.entries()) slot.addInFlight(i % 3);
  const list = listOf(all);
  const question = { exchange, tried: tries ? all.slice(0, 1) : [] };
  await micro(name, (address: string) => {
    exchange.clientAddress = address;
    return balancer.pick(list, question);
  }, { input: inTurn(ADDRESSES) });
}

/** A pick, the place it takes, and one given back somewhere else, with as many requests in flight as there are members. */
async function cycle(name: string, config: BalanceConfig, weights: readonly number[]): Promise<void> {
  const { balancer, exchange, random } = startBalancer(config);
  const list = listOf(someCandidates(weights));
  const question = { exchange, tried: [] };
  const held = weights.map(() => balancer.pick(list, question));
  for (const candidate of held) candidate?.slot.addInFlight(1);
  await micro(name, (back: number) => {
    held[back]?.slot.addInFlight(-1);
    const chosen = balancer.pick(list, question);
    chosen?.slot.addInFlight(1);
    held[back] = chosen;
    return chosen;
  }, { input: () => random.integer(held.length) });
}

/** The first pick of a list, which includes whatever is worked out once. */
async function learn(name: string, config: BalanceConfig, weights: readonly number[]): Promise<void> {
  const { balancer, exchange } = startBalancer(config);
  exchange.clientAddress = '203.0.113.1';
  const all = someCandidates(weights);
  await micro(name, (list: ReturnType<typeof listOf>) => balancer.pick(list, { exchange, tried: [] }), { input: () => listOf(all.map((candidate): Candidate => ({ ...candidate }))), batch: 1 });
}

for (const [name, config] of CASES) {
  for (const count of COUNTS) await pick(`${name}, of ${count}`, config, equal(count));
  for (const count of TWO_COUNTS) await pick(`${name}, of ${count}, uneven weights`, config, uneven(count));
  for (const count of TWO_COUNTS) await pick(`${name}, of ${count}, second choice`, config, equal(count), true);
  if (config.kind === 'least-conn' || config.kind === 'random-two') for (const count of COUNTS) await cycle(`${name}, of ${count}, place taken, another given back`, config, equal(count));
  for (const count of TWO_COUNTS) await learn(`${name}, of ${count}, new list`, config, uneven(count));
}
