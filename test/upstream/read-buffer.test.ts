import t from 'tap';
import { ReadBuffer } from '../../src/upstream/read-buffer.ts';

await t.test('the same memory serves read after read', async (t) => {
  const buffer = new ReadBuffer();
  const first = buffer.next();
  buffer.filled(100);
  t.equal(buffer.next(), first);
  buffer.lend({ pending: false }, first.subarray(0, 100));
  t.equal(buffer.next(), first, 'whoever has sent it on holds it no longer');
});

await t.test('bytes somebody still holds are never overwritten', async (t) => {
  const buffer = new ReadBuffer();
  const first = buffer.next();
  const borrower = { pending: true };
  t.equal(buffer.lend(borrower, first).buffer, first.buffer);
  const second = buffer.next();
  t.not(second, first);
  borrower.pending = false;
  t.equal(buffer.next(), second, 'what was given up is not taken back');
});

await t.test('a client that does not read holds small pieces, not a buffer for each', async (t) => {
  const buffer = new ReadBuffer();
  const borrower = { pending: false };
  const first = buffer.next();
  t.equal(buffer.lend(borrower, first.subarray(0, 100)).buffer, first.buffer, 'what can leave at once is not copied');
  borrower.pending = true;
  const second = buffer.next();
  second.write('one');
  const copy = buffer.lend(borrower, second.subarray(0, 3));
  t.equal(buffer.next(), second, 'what has to wait is, and the buffer serves again');
  second.write('two');
  t.equal(copy.toString(), 'one');
  t.equal(buffer.lend(borrower, second).buffer, second.buffer, 'a large piece is worth its buffer');
});

await t.test('it grows while reads fill it, within a bound, and shrinks after the answer', async (t) => {
  const buffer = new ReadBuffer();
  const sizes = [buffer.next().length];
  for (let i = 0; i < 4; i++) {
    buffer.filled(buffer.next().length);
    sizes.push(buffer.next().length);
  }
  t.strictSame(sizes, [16_384, 131_072, 131_072, 131_072, 131_072]);
  buffer.filled(100);
  t.equal(buffer.next().length, 131_072, 'a read that is small does not shrink it');
  buffer.shrink();
  t.equal(buffer.next().length, 16_384);
});

await t.test('it is not cut from a slab that others share', async (t) => {
  t.equal(new ReadBuffer().next().buffer.byteLength, 16_384);
});

/** Fills it until it reads into large memory. */
function grown(): ReadBuffer {
  const buffer = new ReadBuffer();
  buffer.filled(buffer.next().length);
  buffer.next();
  return buffer;
}

await t.test('a client that reads all along, but never at once, is served from the same few pieces of memory', (t) => {
  const buffer = grown();
  const borrower = { pending: false };
  const used = new Set<ArrayBufferLike>();
  for (let i = 0; i < 100; i++) {
    const memory = buffer.next();
    used.add(memory.buffer);
    borrower.pending = false;
    buffer.lend(borrower, memory);
    borrower.pending = true;
    t.not(buffer.next(), memory, 'what is on its way is left alone');
  }
  t.ok(used.size <= 4, `${used.size} pieces`);
  t.end();
});

await t.test('memory that slow clients hold never comes to another connection, however many they are', (t) => {
  const wrong: string[] = [];
  const held: Buffer[] = [];
  const borrowers = Array.from({ length: 100 }, () => ({ pending: false }));
  for (const [i, borrower] of borrowers.entries()) {
    const buffer = grown();
    const memory = buffer.next().fill(i);
    held.push(buffer.lend(borrower, memory));
    borrower.pending = true;
    buffer.next().fill(255);
    buffer.shrink();
    buffer.next().fill(255);
  }
  for (const [i, piece] of held.entries()) if (piece.some((octet) => octet !== i)) wrong.push(`client ${i}`);
  t.strictSame(wrong, []);
  t.end();
});

await t.test('memory goes from an answer that is over to the next connection', (t) => {
  const borrower = { pending: false };
  const first = grown();
  const memory = first.next();
  first.lend(borrower, memory);
  borrower.pending = true;
  first.next();
  borrower.pending = false;
  const used = new Set<Buffer>();
  for (let i = 0; i < 100; i++) used.add(grown().next());
  t.ok(used.has(memory));
  t.end();
});

await t.test('silent connections read into the same memory, and nobody holds a piece of it', async (t) => {
  const [one, other] = [new ReadBuffer(), new ReadBuffer()];
  const own = one.next();
  one.filled(100);
  for (const buffer of [one, other]) buffer.share();
  const shared = one.next();
  t.not(shared, own);
  t.equal(other.next(), shared);
  for (const pending of [false, true]) {
    shared.write('first');
    const held = one.lend({ pending }, shared.subarray(0, 5));
    shared.write('other');
    t.equal(held.toString(), 'first', 'a copy, before a write can say whether it waits');
  }
});

await t.test('a connection that says much has memory of its own until it has been silent for a while', async (t) => {
  const buffer = new ReadBuffer();
  buffer.share();
  const shared = buffer.next();
  buffer.filled(5000);
  t.equal(buffer.next().length, 16_384);
  for (let i = 0; i < 15; i++) buffer.filled(100);
  const own = buffer.next();
  t.not(own, shared);
  buffer.filled(5000);
  for (let i = 0; i < 16; i++) {
    t.equal(buffer.next(), own, 'one large read among small ones and it counts anew');
    buffer.filled(4096);
  }
  t.equal(buffer.next(), shared);
  buffer.filled(16_384);
  t.not(buffer.next(), shared, 'a read the size of a buffer does not make the shared one its own');
});

await t.test('whoever still holds its own buffer keeps it when the connection goes over to the shared one', async (t) => {
  const buffer = new ReadBuffer();
  const own = buffer.next();
  own.write('held');
  const held = buffer.lend({ pending: true }, own.subarray(0, own.length));
  buffer.share();
  buffer.next().write('gone');
  buffer.shrink();
  t.not(buffer.next(), own);
  t.equal(held.toString('latin1', 0, 4), 'held');
});
