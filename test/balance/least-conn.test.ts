import t from 'tap';
import { createSlotMemory, Slots } from '../../src/lib/slots.ts';
import { conforms } from './conformance.ts';
import { at, equalCandidates, listOf, someCandidates, startBalancer } from './sample-candidates.ts';

const CONFIG = { kind: 'least-conn' } as const;

await t.test('as every balancer, but that it looks at everybody', async (t) => conforms(t, CONFIG, false));

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
