import { parentPort, workerData } from 'node:worker_threads';
import type { Candidate } from '../../src/balance/member.ts';
import { Slots, type SlotMemory } from '../../src/lib/slots.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';
import { listOf, startBalancer } from './sample-candidates.ts';

/** What a worker thread of least-conn.test.ts is told. */
export interface ThreadData {
  readonly memory: SlotMemory;
  readonly worker: number;
  readonly weights: readonly number[];
  readonly rounds: number;
  /** How often the threads have met, and how many are waiting for the others. */
  readonly meeting: Int32Array<SharedArrayBuffer>;
  readonly threads: number;
}

const { memory, worker, weights, rounds, meeting, threads } = workerData as ThreadData;
const slots = new Slots(memory, worker);
const all: Candidate[] = weights.map((weight, i) => ({ key: `${i}`, weight, slot: slots.slot(i) }));
const random = new SeededRandom(worker);
const { pick } = startBalancer({ kind: 'least-conn' }, 0, worker);
const list = listOf(all);
const held: Candidate[] = [];

/** Goes on when all threads are here. */
function meet(): void {
  const before = Atomics.load(meeting, 0);
  if (Atomics.add(meeting, 1, 1) === threads - 1) {
    Atomics.store(meeting, 1, 0);
    Atomics.add(meeting, 0, 1);
    Atomics.notify(meeting, 0);
    return;
  }
  while (Atomics.load(meeting, 0) === before) Atomics.wait(meeting, 0, before);
}

function leastOf(candidates: readonly Candidate[]): number {
  return Math.min(...candidates.map(({ slot, weight }) => slot.inFlight / weight));
}

let wrong = 0;
for (let round = 0; round < rounds; round += 1) {
  // Now and then many, so that others have more to read than is worth it, or are lapped.
  const steps = random.chance(0.1) ? 3000 : random.integer(60);
  for (let i = 0; i < steps; i += 1) {
    const chosen = held.length > 300 || random.chance(0.5) ? null : pick(list, random.chance(0.1) ? held.slice(0, 2) : []);
    if (chosen !== null) held.push(chosen);
    chosen?.slot.addInFlight(1);
    if (chosen === null && held.length > 0) held.splice(random.integer(held.length), 1)[0]?.slot.addInFlight(-1);
  }
  meet();
  const first = pick(list);
  if (first === null || first.slot.inFlight / first.weight !== leastOf(all)) wrong += 1;
  const tried = first === null ? [] : [first];
  const second = pick(list, tried);
  if (second === null || second === first || second.slot.inFlight / second.weight !== leastOf(all.filter((candidate) => candidate !== first))) wrong += 1;
  meet();
}
parentPort?.postMessage({ wrong, held: held.length });
