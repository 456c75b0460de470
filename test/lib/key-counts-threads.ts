import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { KeyCountsMemory } from '../../src/lib/key-counts.ts';

/**
 * Runs the body of a function in worker threads 1 to `count`, with `counts` and `result` (a number each) in sight. All begin
 * at the same moment. Resolves with their numbers when all have ended.
 */
export async function inThreads(memory: KeyCountsMemory, count: number, body: string): Promise<number[]> {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const results = new Int32Array(new SharedArrayBuffer(4 * count));
  const script = `
    import { workerData } from 'node:worker_threads';
    const { KeyCounts } = await import(workerData.module);
    const { memory, worker, gate, count, results } = workerData;
    const counts = new KeyCounts(memory, worker);
    let result = 0;
    Atomics.add(gate, 0, 1);
    while (Atomics.load(gate, 0) < count);
    ${body}
    results[worker - 1] = result;`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
  const module = new URL('../../src/lib/key-counts.ts', import.meta.url).href;
  await Promise.all(Array.from({ length: count }, async (_, i) => {
    await once(new Worker(url, { workerData: { memory, worker: i + 1, gate, count, results, module } }), 'exit');
  }));
  return [...results];
}
