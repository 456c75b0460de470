import t from 'tap';
import { smoothSchedule } from '../../src/balance/smooth-schedule.ts';

function written(weights: readonly number[]): string {
  return Array.from(smoothSchedule(weights) ?? [], (position) => String.fromCharCode(97 + position)).join('');
}

await t.test('the order is nginx\'s: as often as it weighs, as far apart as that allows', async (t) => {
  t.equal(written([5, 1, 1]), 'aabacaa');
  t.equal(written([4, 2, 1]), 'abacaba');
  t.equal(written([1, 1, 1]), 'abc');
});

await t.test('weights are reduced to the shortest cycle', async (t) => {
  t.equal(written([500, 100, 100]), 'aabacaa');
  t.equal(written([7, 7]), 'ab');
  t.equal(written([1000]), 'a');
  t.equal(written([]), '');
});

await t.test('a cycle that is too long, or would take too many steps to work out, is not', async (t) => {
  t.equal(smoothSchedule([1000, 999, 998, 997, 102])?.length, 4096);
  t.equal(smoothSchedule([1000, 999, 998, 997, 103]), null);
  t.equal(smoothSchedule(Array.from({ length: 1000 }, (_, i) => 1 + (i % 2))), null);
  t.equal(smoothSchedule(Array.from({ length: 1000 }, () => 3))?.length, 1000, 'equals need no working out');
});
