import t from 'tap';
import { FirstComeTable } from '../../src/balance/first-come-table.ts';
import { at, equalCandidates, someCandidates } from './sample-candidates.ts';

const PLACES = 2 ** 16;

function owners(weights: readonly number[], places = PLACES): number[] {
  const all = someCandidates(weights);
  const table = new FirstComeTable(all);
  const positions = new Map(all.map((member, i) => [member, i]));
  return Array.from({ length: places }, (_, place) => positions.get(table.owner(place)) ?? -1);
}

await t.test('every place has an owner, and each one as many as it weighs', async (t) => {
  for (const weights of [[1], [1, 1], [1, 2, 3], [1000, 1, 500], Array.from({ length: 300 }, (_, i) => 1 + (i % 3))]) {
    const counts = weights.map(() => 0);
    for (const owner of owners(weights)) counts[owner]! += 1;
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const off = weights.map((weight, i) => (at(counts, i) - (PLACES * weight) / total) / Math.sqrt((PLACES * weight) / total));
    t.ok(Math.max(...off.map(Math.abs)) < 4.5, `of ${weights.length}: ${Math.max(...off.map(Math.abs)).toFixed(1)} standard deviations`);
  }
});

await t.test('places do not change hands between those who stay, be their weights ever so uneven', async (t) => {
  const weights = [3, 1000, 7, 1, 20, 333];
  const before = owners(weights);
  for (const gone of weights.keys()) {
    const table = new FirstComeTable(someCandidates(weights).toSpliced(gone, 1));
    const keys = someCandidates(weights).map(({ key }) => key);
    const moved = before.filter((owner, place) => owner !== gone && table.owner(place).key !== keys[owner]);
    t.equal(moved.length, 0, `without weight ${weights[gone]}`);
  }
});

await t.test('weights count only as they compare: twice as much of everything changes nothing', async (t) => {
  t.strictSame(owners([2, 4, 6], 1000), owners([1, 2, 3], 1000));
});

await t.test('any unsigned hash has a place', async (t) => {
  const all = equalCandidates(3);
  const table = new FirstComeTable(all);
  t.ok(all.includes(table.owner(0xffffffff)));
  t.equal(table.owner(0xffffffff), table.owner(0xffff));
});
