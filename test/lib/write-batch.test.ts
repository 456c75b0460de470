import { setImmediate } from 'node:timers/promises';
import t from 'tap';
import { writeAtEndOfTurn } from '../../src/lib/write-batch.ts';

await t.test('those who write in one turn do so at its end, in their order', async (t) => {
  const written: number[] = [];
  for (const number of [1, 2, 3]) writeAtEndOfTurn({ writeBatched: () => written.push(number) });
  t.strictSame(written, [], 'not yet');
  await setImmediate();
  t.strictSame(written, [1, 2, 3]);
});

await t.test('who comes while others write waits for the next turn', async (t) => {
  const written: string[] = [];
  writeAtEndOfTurn({
    writeBatched() {
      written.push('first');
      writeAtEndOfTurn({ writeBatched: () => written.push('second') });
    },
  });
  await setImmediate();
  t.strictSame(written, ['first']);
  await setImmediate();
  t.strictSame(written, ['first', 'second']);
});

await t.test('in a turn with very many the first ones do not wait for the last', async (t) => {
  let count = 0;
  for (let i = 0; i < 200; i += 1) writeAtEndOfTurn({ writeBatched: () => { count += 1; } });
  t.equal(count, 192);
  await setImmediate();
  t.equal(count, 200);
});

await t.test('a bug in one of them does not keep the others from writing', async (t) => {
  const written: number[] = [];
  const caught: unknown[] = [];
  const catchOne = (error: unknown): void => void caught.push(error);
  process.once('uncaughtException', catchOne);
  t.teardown(() => process.off('uncaughtException', catchOne));
  writeAtEndOfTurn({ writeBatched: () => written.push(1) });
  writeAtEndOfTurn({ writeBatched() { throw new Error('a bug'); } });
  writeAtEndOfTurn({ writeBatched: () => written.push(3) });
  await setImmediate();
  await setImmediate();
  t.strictSame([written, caught.map(String)], [[1, 3], ['Error: a bug']]);
});
