import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { WorkerLocks } from '../../src/lib/worker-locks.ts';

const THREADS = 4;
const ROUNDS = 50_000;

function cellsFor(count: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(count * Int32Array.BYTES_PER_ELEMENT));
}

await t.test('what is done under a lock is done by one thread at a time', async (t) => {
  const cells = cellsFor(64);
  const script = `
    import { workerData } from 'node:worker_threads';
    const { WorkerLocks } = await import(workerData.module);
    const { cells, worker } = workerData;
    const locks = new WorkerLocks(cells, worker);
    for (let i = 0; i < ${ROUNDS}; i += 1) {
      locks.acquire(32);
      cells[0] = cells[0] + 1;
      locks.release(32);
    }`;
  const module = new URL('../../src/lib/worker-locks.ts', import.meta.url).href;
  await Promise.all(Array.from({ length: THREADS }, async (_, i) => {
    await once(new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), { workerData: { module, cells, worker: i + 1 } }), 'exit');
  }));
  t.equal(cells[0], THREADS * ROUNDS);
  t.equal(cells[32], 0);
});

await t.test('the lock of a dead worker is freed, and no other', (t) => {
  const cells = cellsFor(2);
  new WorkerLocks(cells, 1).acquire(0);
  new WorkerLocks(cells, 2).acquire(1);
  const control = new WorkerLocks(cells, 0);
  for (const at of [0, 1]) control.forget(at, 1);
  t.strictSame([cells[0], cells[1] === 0], [0, false]);
  t.end();
});

await t.test('a lock that nobody gives back is taken over in the end, and its old holder cannot give it back any more', (t) => {
  const cells = cellsFor(1);
  const [dead, living] = [new WorkerLocks(cells, 1), new WorkerLocks(cells, 2)];
  dead.acquire(0);
  living.acquire(0);
  const held = cells[0];
  dead.release(0);
  t.equal(cells[0], held);
  living.release(0);
  t.equal(cells[0], 0);
  t.end();
});
