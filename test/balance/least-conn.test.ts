import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { createSlotMemory, Slots } from '../../src/lib/slots.ts';
import { conforms } from './conformance.ts';
import type { ThreadData } from './least-conn-thread.ts';
import { at, equalCandidates, listOf, someCandidates, startBalancer } from './sample-candidates.ts';

const CONFIG = { kind: 'least-conn' } as const;

await t.test('as every balancer', async (t) => conforms(t, CONFIG, true));

await t.test('the one with the fewest in flight is chosen, wherever in the list', async (t) => {
  const all = equalCandidates(5);
  for (const idle of all) {
    for (const candidate of all) candidate.slot.addInFlight(candidate === idle ? 3 : 4);
    t.equal(startBalancer(CONFIG).pick(listOf(all)), idle);
    for (const candidate of all) candidate.slot.addInFlight(-candidate.slot.inFlight);
  }
});

await t.test('a heavier one carries as many more as it is heavier', async (t) => {
  const all = someCandidates([1, 3]);
  const { pick } = startBalancer(CONFIG);
  for (let i = 0; i < 400; i += 1) pick(listOf(all))?.slot.addInFlight(1);
  t.strictSame(all.map(({ slot }) => slot.inFlight), [100, 300]);
});

await t.test('equals are chosen in turn, busier ones not at all', async (t) => {
  const all = equalCandidates(6);
  for (const busy of [0, 1, 4]) at(all, busy).slot.addInFlight(1);
  const counts = startBalancer(CONFIG).count(3000, listOf(all), all);
  t.match(counts, { 0: 0, 1: 0, 4: 0 });
  for (const idle of [2, 3, 5]) t.ok(Math.abs(at(counts, idle) - 1000) <= 3, `${at(counts, idle)} of 3,000`);
});

await t.test('of those left the least busy is chosen, however idle the tried one is', async (t) => {
  const all = equalCandidates(3);
  at(all, 1).slot.addInFlight(2);
  at(all, 2).slot.addInFlight(1);
  t.equal(startBalancer(CONFIG).pick(listOf(all), [at(all, 0)]), all[2]);
});

await t.test('what other workers have in flight counts', async (t) => {
  const memory = createSlotMemory(2, 0);
  const [here, there] = [new Slots(memory, 1), new Slots(memory, 2)];
  const all = [0, 1].map((slot) => ({ key: `${slot}`, weight: 1, slot: here.slot(slot) }));
  there.slot(0).addInFlight(5);
  at(all, 1).slot.addInFlight(4);
  t.equal(startBalancer(CONFIG).pick(listOf(all)), all[1]);
  here.forgetWorker(2);
  t.equal(startBalancer(CONFIG).pick(listOf(all)), all[0], 'but not what a dead one had');
});

await t.test('with many members it is the same: fewest for the weight, equals in turn, tried ones never', async (t) => {
  const all = someCandidates(Array.from({ length: 1000 }, (_, i) => 1 + (i % 3)));
  const { pick } = startBalancer(CONFIG);
  for (let i = 0; i < 1999 * 5; i += 1) pick(listOf(all))?.slot.addInFlight(1);
  t.ok(all.every(({ slot, weight }) => slot.inFlight === 5 * weight), 'each carries as much as it weighs');
  at(all, 700).slot.addInFlight(-1);
  t.equal(pick(listOf(all)), all[700]);
  t.not(pick(listOf(all), [at(all, 700)]), all[700]);
  const without = all.toSpliced(700, 1);
  t.not(pick(listOf(all, without)), all[700], 'who is away is not chosen, however idle');
  at(all, 3).slot.addInFlight(-1);
  t.equal(pick(listOf(all, without)), all[3]);
  t.ok([all[3], all[700]].includes(pick(listOf(all)) ?? undefined), 'who is back is known as it is now');
});

await t.test('in real threads too, the choice is the least over all of them whenever they stand still', async (t) => {
  const memory = createSlotMemory(3, 0);
  const meeting = new Int32Array(new SharedArrayBuffer(8));
  const weights = Array.from({ length: 150 }, (_, i) => 1 + (i % 4));
  const told = await Promise.all(Array.from({ length: 3 }, async (_, i) => {
    const workerData: ThreadData = { memory, worker: i + 1, weights, rounds: 300, meeting, threads: 3 };
    const worker = new Worker(new URL('./least-conn-thread.ts', import.meta.url), { workerData });
    const [message] = await once(worker, 'message') as [{ wrong: number; held: number }];
    return message;
  }));
  t.strictSame(told.map(({ wrong }) => wrong), [0, 0, 0]);
  const slots = new Slots(memory, 0);
  const total = weights.reduce((sum, _, i) => sum + slots.slot(i).inFlight, 0);
  t.equal(total, told.reduce((sum, { held }) => sum + held, 0), 'and no place was lost');
});
