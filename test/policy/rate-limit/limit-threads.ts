import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { LimitMemory } from '../../../src/policy/rate-limit/limit-table.ts';

function moduleOf(path: string): string {
  return new URL(`../../../src/${path}`, import.meta.url).href;
}

/**
 * Runs the body of a function in worker threads 1 to `count`, with `store`, `table`, `worker`, `windowOf` and `result` (one
 * shared number each) in sight. All begin at the same moment. Resolves with their numbers when all have ended.
 */
export async function inThreads(memory: LimitMemory, count: number, body: string): Promise<number[]> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const results = new Int32Array(new SharedArrayBuffer(4 * count));
  const script = `
    import { workerData } from 'node:worker_threads';
    const { LimitTable } = await import(workerData.table);
    const { MemoryStore } = await import(workerData.store);
    const { systemClock } = await import(workerData.clock);
    const { memory, worker, gate, count, results } = workerData;
    const windowOf = (requests, periodMs, burst = requests - 1) => ({ requests, periodMs, burst });
    const table = new LimitTable(memory, worker);
    const store = new MemoryStore(memory, worker, systemClock);
    let result = 0;
    Atomics.add(gate, 0, 1);
    while (Atomics.load(gate, 0) < count);
    ${body}
    results[worker - 1] = result;`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
  await Promise.all(Array.from({ length: count }, async (_, i) => {
    const modules = { table: moduleOf('policy/rate-limit/limit-table.ts'), store: moduleOf('policy/rate-limit/memory-store.ts'), clock: moduleOf('lib/clock.ts') };
    await once(new Worker(url, { workerData: { memory, worker: i + 1, gate, count, results, ...modules } }), 'exit');
  }));
  return [...results];
}
