import { parentPort, workerData } from 'node:worker_threads';
import type { UpstreamConfig } from '../../src/config/upstream-config.ts';
import { Outcomes } from '../../src/balance/outcomes.ts';
import { Slots, type SlotMemory } from '../../src/lib/slots.ts';

/** What a worker thread of outcomes.test.ts does as often as it is told, with all others at the same time. */
export type ThreadTask = 'retry' | 'fail' | 'connect' | 'admit';

export interface ThreadData {
  readonly memory: SlotMemory;
  readonly worker: number;
  readonly config: UpstreamConfig;
  readonly upstreamSlot: number;
  readonly memberSlots: readonly number[];
  readonly task: ThreadTask;
  readonly times: number;
  readonly tick: number;
  /** Counts the threads that are ready; all begin when it has come to `threads`. */
  readonly gate: Int32Array<SharedArrayBuffer>;
  readonly threads: number;
}

const { memory, worker, config, upstreamSlot, memberSlots, task, times, tick, gate, threads } = workerData as ThreadData;
const slots = new Slots(memory, worker);
const members = memberSlots.map((slot) => ({ slot: slots.slot(slot) }));
const outcomes = new Outcomes(config, slots.slot(upstreamSlot), () => tick);
outcomes.useMembers(members);

Atomics.add(gate, 0, 1);
while (Atomics.load(gate, 0) < threads);

let count = 0;
for (let i = 0; i < times; i += 1) {
  for (const member of members) {
    if (task === 'fail') outcomes.failed(member, 'status');
    else if (task === 'connect') outcomes.connectFailed(member);
    else if (task === 'admit') count += outcomes.admitted(member) ? 1 : 0;
    else count += outcomes.retryAllowed() ? 1 : 0;
  }
}
parentPort?.postMessage(count);
