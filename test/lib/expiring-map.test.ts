import t from 'tap';
import { ExpiringMap } from '../../src/lib/expiring-map.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

await t.test('a value counts for its time, whatever the wall clock does', async (t) => {
  const clock = new ManualClock();
  const map = new ExpiringMap<number>(clock, 1000, 10);
  map.set('a', 1);
  clock.advance(999);
  clock.jumpWallClock(-3_600_000);
  t.equal(map.get('a'), 1);
  clock.advance(1);
  t.equal(map.get('a'), undefined);
  t.equal(map.size, 0);
});

await t.test('threat: it never holds more than it may, and the oldest goes first', async (t) => {
  const map = new ExpiringMap<number>(new ManualClock(), 1000, 3);
  for (let i = 0; i < 100; i += 1) map.set(`${i}`, i);
  t.equal(map.size, 3);
  t.strictSame(['96', '97', '98', '99'].map((key) => map.get(key)), [undefined, 97, 98, 99]);
  map.set('97', 0);
  map.set('100', 100);
  t.strictSame(['97', '98'].map((key) => map.get(key)), [0, undefined]);
  map.clear();
  t.equal(map.size, 0);
});
