import t from 'tap';
import { LineQueue } from '../../src/observe/line-queue.ts';

await t.test('lines come out in order, joined to chunks of whole lines', async (t) => {
  const queue = new LineQueue(1000, 10);
  for (const line of ['aaaa\n', 'bbbb\n', 'cc\n', 'a line beyond the chunk\n', 'd\n']) t.ok(queue.push(line));
  const chunks = [queue.shift(), queue.shift(), queue.shift(), queue.shift(), queue.shift()].map((chunk) => chunk?.toString() ?? null);
  t.strictSame(chunks, ['aaaa\nbbbb\n', 'cc\n', 'a line beyond the chunk\n', 'd\n', null]);
});

await t.test('a line after the last chunk was taken starts a new one', async (t) => {
  const queue = new LineQueue(1000, 10);
  queue.push('a\n');
  queue.shift();
  queue.push('b\n');
  t.equal(queue.shift()?.toString(), 'b\n');
});

await t.test('the bound counts bytes, refuses the newest line, and room comes back', async (t) => {
  const queue = new LineQueue(10, 100);
  t.ok(queue.push('ééé\n'));
  t.notOk(queue.push('éé\n'), 'five bytes do not go into three');
  t.ok(queue.push('ab\n'));
  t.equal(queue.shift()?.toString(), 'ééé\nab\n');
  t.ok(queue.push('123456789\n'));
});

await t.test('clearing tells how many lines were lost', async (t) => {
  const queue = new LineQueue(1000, 6);
  for (const line of ['a\n', 'b\n', 'cccccc\n']) queue.push(line);
  t.equal(queue.clear(), 3);
  t.equal(queue.shift(), null);
  t.ok(queue.push('d\n'));
  t.equal(queue.shift()?.toString(), 'd\n');
});
