import t, { type Test } from 'tap';
import { LoadOrder } from '../../src/balance/load-order.ts';
import type { Candidate } from '../../src/balance/member.ts';
import { createSlotMemory, Slots, type SlotMemory } from '../../src/lib/slots.ts';
import { spreadPoint } from '../../src/lib/spread-point.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';
import { at } from './sample-candidates.ts';

const WORKERS = 3;

/** The same members as one worker sees them. */
function seenBy(memory: SlotMemory, worker: number, weights: readonly number[]): Candidate[] {
  const slots = new Slots(memory, worker);
  return weights.map((weight, i) => ({ key: `${i}`, weight, slot: slots.slot(3 * i) }));
}

function startOrder(candidates: readonly Candidate[]): LoadOrder<Candidate> {
  let turn = 0;
  return new LoadOrder(candidates, () => {
    turn += 1;
    return spreadPoint(turn);
  });
}

function load({ slot, weight }: Candidate): number {
  return slot.inFlight / weight;
}

/** Whether the choice is one that a look at everybody could have made. */
function isLeast(chosen: Candidate | null, candidates: readonly Candidate[], tried: readonly Candidate[]): boolean {
  const left = candidates.filter((candidate) => !tried.includes(candidate));
  return chosen === null ? left.length === 0 : left.includes(chosen) && load(chosen) === Math.min(...left.map(load));
}

/** Several workers, each with two lists over the same slots, take and give back, choose and choose again, and one dies now and then. */
function liveOn(t: Test, seed: number, count: number, steps: number): void {
  const random = new SeededRandom(seed);
  const memory = createSlotMemory(WORKERS, 0);
  const weights = Array.from({ length: count }, () => 1 + random.integer(4));
  const workers = Array.from({ length: WORKERS }, (_, i) => {
    const all = seenBy(memory, i + 1, weights);
    const some = all.filter((_, position) => position === 0 || random.chance(0.6));
    return { all, lists: [all, some].map((candidates) => ({ candidates, order: startOrder(candidates) })), held: [] as Candidate[] };
  });
  let wrong = 0;
  for (let step = 0; step < steps; step += 1) {
    const number = random.integer(WORKERS);
    const { all, lists, held } = at(workers, number);
    const { candidates, order } = at(lists, random.integer(2));
    const tried = random.chance(0.3) ? all.filter(() => random.chance(2 / count)) : [];
    const chosen = order.least(tried);
    if (!isLeast(chosen, candidates, tried)) wrong += 1;
    if (chosen !== null) held.push(chosen);
    chosen?.slot.addInFlight(1);
    // In bursts, so that some who choose are a little behind and others far.
    for (let backs = random.chance(0.2) ? random.integer(2 * held.length + 1) : 0; backs > 0 && held.length > 0; backs -= 1) {
      held.splice(random.integer(held.length), 1)[0]?.slot.addInFlight(-1);
    }
    if (!random.chance(0.01)) continue;
    new Slots(memory, 0).forgetWorker(number + 1);
    held.length = 0;
  }
  t.equal(wrong, 0, `${count} members, seed ${seed}`);
}

await t.test('every choice is one that a look at everybody could have made, whatever all workers did before it', async (t) => {
  for (const [seed, count] of [1, 2, 5, 17, 64, 130].entries()) liveOn(t, seed, count, 3000);
});

await t.test('that holds for one that slept while all others went round the ring several times', async (t) => {
  const memory = createSlotMemory(2, 0);
  const weights = Array.from({ length: 200 }, () => 1);
  const [here, there] = [seenBy(memory, 1, weights), seenBy(memory, 2, weights)];
  const order = startOrder(here);
  for (const { slot } of there) slot.addInFlight(50);
  t.ok(isLeast(order.least([]), here, []));
  for (let i = 0; i < 9000; i += 1) at(there, (i * 7) % 200).slot.addInFlight(-1);
  t.ok(isLeast(order.least([]), here, []));
  t.ok(isLeast(order.least(here.slice(0, 3)), here, here.slice(0, 3)));
});

await t.test('equals have turns by weight, and the tried one is back for the next request', async (t) => {
  const all = seenBy(createSlotMemory(1, 0), 1, [1, 2, 1]);
  const order = startOrder(all);
  const counts = (tried: readonly Candidate[]): number[] => {
    const chosen = Array.from({ length: 4000 }, () => order.least(tried));
    return all.map((candidate) => Math.round(chosen.filter((one) => one === candidate).length / 100));
  };
  t.strictSame(counts([]), [10, 20, 10]);
  t.strictSame(counts([at(all, 1)]), [20, 0, 20]);
  t.strictSame(counts([]), [10, 20, 10]);
});

await t.test('a stranger among the tried ones changes nothing, also where its slot has the number of another\'s', async (t) => {
  const all = seenBy(createSlotMemory(1, 0), 1, [1, 1]);
  const stranger = at(seenBy(createSlotMemory(1, 0), 1, [1, 1]), 1);
  at(all, 0).slot.addInFlight(1);
  t.equal(startOrder(all).least([stranger]), all[1]);
});

await t.test('places given back are announced from then on, by workers that have no such list too', async (t) => {
  const memory = createSlotMemory(2, 0);
  const [here, there] = [seenBy(memory, 1, [1, 1]), seenBy(memory, 2, [1, 1])];
  for (const { slot } of there) slot.addInFlight(2);
  const order = startOrder(here);
  at(there, 1).slot.addInFlight(-1);
  t.equal(order.least([]), here[1]);
});
