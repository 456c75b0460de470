import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SlotMemory } from '../../src/lib/slots.ts';

function moduleOf(file: string): string {
  return new URL(`../../src/lib/${file}`, import.meta.url).href;
}

/**
 * Runs the body of a function in worker threads 1 to `count`, with `slots`, `slot` (number 7), `SharedWindow`,
 * `SlotField` and `worker` in sight. All begin at the same moment. Resolves when all have ended.
 */
export async function inThreads(memory: SlotMemory, count: number, body: string): Promise<void> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const script = `
    import { workerData } from 'node:worker_threads';
    const { Slots, SlotField } = await import(workerData.slots);
    const { SharedWindow } = await import(workerData.window);
    const { memory, worker, gate, count } = workerData;
    const slots = new Slots(memory, worker);
    const slot = slots.slot(7);
    Atomics.add(gate, 0, 1);
    while (Atomics.load(gate, 0) < count);
    ${body}`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
  await Promise.all(Array.from({ length: count }, async (_, i) => {
    const workerData = { memory, worker: i + 1, gate, count, slots: moduleOf('slots.ts'), window: moduleOf('shared-window.ts') };
    await once(new Worker(url, { workerData }), 'exit');
  }));
}
