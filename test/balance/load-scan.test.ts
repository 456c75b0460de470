import t from 'tap';
import { LoadScan } from '../../src/balance/load-scan.ts';
import { at, equalCandidates, someCandidates } from './sample-candidates.ts';

await t.test('the one with the least for its weight is chosen, of those that were not tried', async (t) => {
  const all = someCandidates([1, 2, 4]);
  for (const [i, { slot }] of all.entries()) slot.addInFlight(i + 1);
  const scan = new LoadScan(all, () => { throw new Error('nobody is equal'); });
  t.equal(scan.least([]), all[2]);
  t.throws(() => scan.least([at(all, 2)]), 'and equals have turns');
  t.equal(scan.least([at(all, 2), at(all, 1)]), all[0]);
  t.equal(scan.least(all), null);
});

await t.test('equals have stretches of a turn as long as they weigh', async (t) => {
  const all = someCandidates([1, 3]);
  t.strictSame([0, 0.25, 0.5, 0.99].map((turn) => new LoadScan(all, () => turn).least([])), [all[0], all[1], all[1], all[1]]);
});

await t.test('places given back to those that are only scanned are not announced', async (t) => {
  const all = equalCandidates(3);
  const reader = at(all, 0).slot.returns.reader();
  new LoadScan(all, () => 0).least([])?.slot.addInFlight(1);
  at(all, 0).slot.addInFlight(-1);
  t.ok(reader.read(9, () => t.fail('an announcement')));
});
