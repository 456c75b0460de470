import t from 'tap';
import { LoadTree } from '../../src/balance/load-tree.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';
import { at } from './sample-candidates.ts';

await t.test('the least is found, and kept up to date: as if all had been looked at', async (t) => {
  const random = new SeededRandom(3);
  for (const count of [1, 2, 3, 8, 21, 200]) {
    const weights = Array.from({ length: count }, () => 1 + random.integer(5));
    const loads = weights.map(() => random.integer(4));
    const tree = new LoadTree(weights);
    t.equal(tree.least(() => 0), -1, 'nobody before loads are known');
    tree.setAll(Float64Array.from(loads));
    let wrong = 0;
    for (let i = 0; i < 500; i += 1) {
      const position = random.integer(count);
      loads[position] = random.chance(0.2) ? Infinity : random.integer(4);
      tree.set(position, at(loads, position));
      const least = Math.min(...loads);
      const found = tree.least(() => random.integer(1000) / 1000);
      if (least === Infinity ? found !== -1 : loads[found] !== least || tree.loadOf(found) !== least) wrong += 1;
    }
    t.equal(wrong, 0, `among ${count}`);
  }
});

await t.test('equals have stretches of a turn in the order they stand, as long as they weigh', async (t) => {
  const tree = new LoadTree([2, 9, 1, 3]);
  tree.setAll(Float64Array.of(1, 2, 1, 1));
  t.strictSame(Array.from({ length: 6 }, (_, i) => tree.least(() => i / 6)), [0, 0, 2, 3, 3, 3]);
  tree.set(0, Infinity);
  t.strictSame(Array.from({ length: 4 }, (_, i) => tree.least(() => i / 4)), [2, 3, 3, 3]);
});

await t.test('nobody is asked for a turn where only one has the least', async (t) => {
  const tree = new LoadTree([1, 1, 1]);
  tree.setAll(Float64Array.of(2, 1, 2));
  t.equal(tree.least(() => { throw new Error('asked'); }), 1);
});
