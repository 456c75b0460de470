import t from 'tap';
import { WeightTable } from '../../src/balance/weight-table.ts';
import { at, someCandidates } from './sample-candidates.ts';

/** Points in the middle of every unit of a length. */
function units(length: number): number[] {
  return Array.from({ length }, (_, i) => (i + 0.5) / length);
}

await t.test('each holds as much of the whole as it weighs, in the order of the list', async (t) => {
  const all = someCandidates([2, 1, 3]);
  const table = new WeightTable(all);
  t.strictSame(units(6).map((point) => table.at(point)), [0, 0, 1, 2, 2, 2].map((i) => all[i]));
  t.equal(table.at(0), all[0]);
  t.equal(table.at(1 - 2 ** -53), all[2]);
});

await t.test('without some of them, the others hold the whole by their weights', async (t) => {
  const all = someCandidates([2, 1, 3, 1]);
  const table = new WeightTable(all);
  const [a, b, c, d] = [at(all, 0), at(all, 1), at(all, 2), at(all, 3)];
  t.strictSame(units(6).map((point) => table.atWithout(point, [b], null)), [a, a, c, c, c, d]);
  t.strictSame(units(3).map((point) => table.atWithout(point, [c], b)), [a, a, d]);
  t.strictSame(units(4).map((point) => table.atWithout(point, [b, a, b], a)), [c, c, c, d], 'whatever the order, twice is once');
  t.strictSame(units(5).map((point) => table.atWithout(point, [a], null)), [b, c, c, c, d]);
  t.equal(table.atWithout(1 - 2 ** -53, [d], null), c, 'rounding never leads to one that is left out');
});

await t.test('strangers change nothing, and nobody is left where all are out', async (t) => {
  const all = someCandidates([1, 1]);
  const table = new WeightTable(all);
  t.strictSame(units(2).map((point) => table.atWithout(point, someCandidates([9]), null)), all);
  t.equal(table.atWithout(0.5, all, null), null);
  t.equal(table.atWithout(0.5, [at(all, 0)], at(all, 1)), null);
});

await t.test('an empty table holds nobody', async (t) => {
  t.equal(new WeightTable([]).at(0.5), null);
  t.equal(new WeightTable([]).atWithout(0.5, [], null), null);
});
