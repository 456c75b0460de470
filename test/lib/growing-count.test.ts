import t from 'tap';
import { GrowingCount } from '../../src/lib/growing-count.ts';

await t.test('a count that wraps around goes on', async (t) => {
  const count = new GrowingCount();
  t.equal(count.take(5), 5);
  t.equal(count.take(2 ** 31 - 1), 2 ** 31 - 1);
  t.equal(count.take(-(2 ** 31)), 2 ** 31);
  t.equal(count.take(-1), 2 ** 32 - 1);
  t.equal(count.take(10), 2 ** 32 + 10, 'all the way round');
});

await t.test('a count that was set back adds what it has counted since', async (t) => {
  const count = new GrowingCount();
  count.take(1000);
  t.equal(count.take(0), 1000);
  t.equal(count.take(3), 1003);
});
