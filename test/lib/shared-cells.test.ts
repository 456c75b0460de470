import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { createSharedCells, SharedCells } from '../../src/lib/shared-cells.ts';

const INDEX = { a: 0, b: 1, c: 2 };

await t.test('a total is the sum over all workers', async (t) => {
  const layout = createSharedCells(2, 3);
  const [control, first, second] = [0, 1, 2].map((worker) => new SharedCells(layout, worker));
  first!.counter(INDEX, 'b').add(3);
  second!.counter(INDEX, 'b').add(4);
  second!.counter(INDEX, 'c').add(1);
  t.strictSame(['a', 'b', 'c'].map((name) => control!.counter(INDEX, name).total()), [0, 7, 1]);
  t.equal(first!.counter(INDEX, 'b').total(), 7);
});

await t.test('a bound holds over all workers, and a refused one is not counted', async (t) => {
  const layout = createSharedCells(2, 3);
  const first = new SharedCells(layout, 1).counter(INDEX, 'a');
  const second = new SharedCells(layout, 2).counter(INDEX, 'a');
  t.strictSame([first.tryAdd(2), second.tryAdd(2), first.tryAdd(2), second.tryAdd(2)], [true, true, false, false]);
  t.equal(first.total(), 2);
  second.add(-1);
  t.equal(first.tryAdd(2), true);
  t.equal(first.tryAdd(0), false);
});

await t.test('what a worker that ended had counted is forgotten, and nothing else', async (t) => {
  const layout = createSharedCells(2, 3);
  const control = new SharedCells(layout, 0);
  for (const worker of [1, 2]) for (const name of ['a', 'b']) new SharedCells(layout, worker).counter(INDEX, name).add(worker);
  control.clearRow(1);
  t.strictSame(['a', 'b'].map((name) => control.counter(INDEX, name).total()), [2, 2]);
});

await t.test('a column is cleared for everybody before another name gets it', async (t) => {
  const layout = createSharedCells(2, 3);
  const control = new SharedCells(layout, 0);
  new SharedCells(layout, 2).counter(INDEX, 'b').add(5);
  new SharedCells(layout, 2).counter(INDEX, 'a').add(6);
  control.clearColumn(INDEX.b);
  t.strictSame([control.counter(INDEX, 'b').total(), control.counter(INDEX, 'a').total()], [0, 6]);
});

await t.test('what was not set aside is an error that names it, and so is a worker that has no row', async (t) => {
  const layout = createSharedCells(1, 3);
  t.throws(() => new SharedCells(layout, 1).counter(INDEX, 'nope'), new Error('no shared cell was set aside for nope'));
  t.throws(() => new SharedCells(layout, 2), RangeError);
});

await t.test('threads that add at once lose nothing', async (t) => {
  const layout = createSharedCells(3, 3);
  const script = `
    import { workerData, parentPort } from 'node:worker_threads';
    const { SharedCells } = await import(workerData.module);
    const cells = new SharedCells(workerData.layout, workerData.worker);
    const total = cells.counter(workerData.index, 'a');
    const bounded = cells.counter(workerData.index, 'b');
    for (let i = 0; i < 20000; i++) {
      total.add(1);
      if (bounded.tryAdd(2)) bounded.add(-1);
    }
    parentPort.postMessage('done');`;
  const module = new URL('../../src/lib/shared-cells.ts', import.meta.url).href;
  const workers = [1, 2, 3].map((worker) =>
    new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), { workerData: { module, layout, worker, index: INDEX } }));
  await Promise.all(workers.map(async (worker) => once(worker, 'exit')));
  const control = new SharedCells(layout, 0);
  t.equal(control.counter(INDEX, 'a').total(), 60_000);
  t.equal(control.counter(INDEX, 'b').total(), 0);
});
