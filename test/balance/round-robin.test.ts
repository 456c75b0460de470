import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { conforms } from './conformance.ts';
import { at, equalCandidates, listOf, someCandidates, startBalancer } from './sample-candidates.ts';

const CONFIG = { kind: 'round-robin' } as const;

await t.test('as every balancer', async (t) => conforms(t, CONFIG, true));

await t.test('each in turn', async (t) => {
  const all = equalCandidates(3);
  const { pick } = startBalancer(CONFIG, -1);
  t.strictSame(Array.from({ length: 7 }, () => pick(listOf(all))), [0, 1, 2, 0, 1, 2, 0].map((i) => all[i]));
});

await t.test('shares are exact over every cycle, and spread within it', async (t) => {
  const all = someCandidates([5, 1, 1]);
  const { pick, count } = startBalancer(CONFIG, -1);
  t.strictSame(Array.from({ length: 7 }, () => pick(listOf(all))), [0, 0, 1, 0, 2, 0, 0].map((i) => all[i]));
  t.strictSame(count(7000, listOf(all), all), [5000, 1000, 1000, 0]);
});

await t.test('where the cycle is too long to write down, shares are as exact and gaps as even', async (t) => {
  const weights = [1000, 999, 997, 991, 983, 30];
  const all = someCandidates(weights);
  const { pick } = startBalancer(CONFIG);
  const gaps: number[] = [];
  let last = -1;
  for (let i = 0; i < 50_000; i += 1) {
    if (pick(listOf(all)) !== at(all, 5)) continue;
    if (last !== -1) gaps.push(i - last);
    last = i;
  }
  t.ok(Math.abs(gaps.length - 50_000 * (30 / 5000)) <= 3, `${gaps.length} turns of 300`);
  t.ok(new Set(gaps).size <= 3, `gaps are ${[...new Set(gaps)].join(', ')}`);
});

await t.test('a second choice takes no turn: with one of two failing, each still gets every other first choice', async (t) => {
  const all = equalCandidates(2);
  const { pick } = startBalancer(CONFIG);
  const failing = at(all, 0);
  let firsts = 0;
  for (let i = 0; i < 100; i += 1) {
    if (pick(listOf(all)) !== failing) continue;
    firsts += 1;
    t.equal(pick(listOf(all), [failing]), all[1]);
  }
  t.equal(firsts, 50);
});

await t.test('several threads share one turn', async (t) => {
  const turns = new SharedArrayBuffer(4);
  const script = `
    import { parentPort, workerData } from 'node:worker_threads';
    const { RoundRobin } = await import(workerData.module);
    const turns = new Int32Array(workerData.turns);
    const candidates = [0, 1, 2].map((name) => ({ name, weight: 1 }));
    const robin = new RoundRobin({ random: Math.random, nextTurn: () => Atomics.add(turns, 0, 1) });
    const list = { candidates, all: candidates };
    const counts = [0, 0, 0];
    for (let i = 0; i < 9000; i++) counts[robin.pick(list, { exchange: null, tried: [] }).name] += 1;
    parentPort.postMessage(counts);`;
  const workerData = { turns, module: new URL('../../src/balance/round-robin.ts', import.meta.url).href };
  const counts = await Promise.all([1, 2].map(async () => {
    const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), { workerData });
    const [message] = (await once(thread, 'message')) as [number[]];
    return message;
  }));
  t.strictSame([0, 1, 2].map((name) => at(at(counts, 0), name) + at(at(counts, 1), name)), [6000, 6000, 6000]);
});
