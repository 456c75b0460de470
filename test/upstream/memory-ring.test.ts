import t from 'tap';
import { MemoryRing, NOBODY, type Borrower } from '../../src/upstream/memory-ring.ts';

const BYTES = 1024;

await t.test('memory that nobody holds comes again, the oldest first', async (t) => {
  const ring = new MemoryRing(BYTES, 4);
  const given = [ring.take(), ring.take()];
  for (const buffer of given) ring.give(buffer, NOBODY);
  t.strictSame([ring.take() === given[0], ring.take() === given[1]], [true, true]);
  t.equal(ring.take().buffer.byteLength, BYTES, 'and else it is made');
});

await t.test('memory that somebody holds stays until he has let go', async (t) => {
  const ring = new MemoryRing(BYTES, 4);
  const borrower = { pending: true };
  const held = ring.take();
  ring.give(held, borrower);
  for (let i = 0; i < 10; i += 1) t.not(ring.take(), held);
  borrower.pending = false;
  t.equal(ring.take(), held);
});

await t.test('of a borrower who is given more, what he had before is free', async (t) => {
  const ring = new MemoryRing(BYTES, 4);
  const borrower: Borrower = { pending: true };
  const held = ring.take();
  ring.give(held, borrower);
  ring.free(borrower);
  t.equal(ring.take(), held);
});

await t.test('it keeps no more than its measure, the newest', async (t) => {
  const ring = new MemoryRing(BYTES, 2);
  const given = [ring.take(), ring.take(), ring.take()];
  for (const buffer of given) ring.give(buffer, NOBODY);
  t.strictSame([ring.take() === given[1], ring.take() === given[2]], [true, true]);
  t.notOk(given.includes(ring.take()));
});
