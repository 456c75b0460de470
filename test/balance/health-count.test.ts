import t from 'tap';
import { HealthCount } from '../../src/balance/health-count.ts';

/** What a member counts as after each result: `+` good, `-` bad in; `H` healthy, `u` unhealthy out. */
function course(count: HealthCount, results: string): string {
  return Array.from(results, (result) => {
    count.add(result === '+');
    return count.isHealthy ? 'H' : 'u';
  }).join('');
}

await t.test('the first result decides alone', async (t) => {
  t.equal(course(new HealthCount(2, 3, true), '-'), 'u');
  t.equal(course(new HealthCount(2, 3, false), '+'), 'H');
});

await t.test('after it, `fall` bad ones in a row take it out and `rise` good ones bring it back', async (t) => {
  t.equal(course(new HealthCount(2, 3, true), '+---'), 'HHHu');
  t.equal(course(new HealthCount(2, 3, true), '-+++'), 'uuHH');
  t.equal(course(new HealthCount(2, 3, true), '+--+--+---'), 'HHHHHHHHHu', 'in a row');
  t.equal(course(new HealthCount(2, 3, true), '-+-+-++'), 'uuuuuuH', 'both ways');
  t.equal(course(new HealthCount(1, 1, true), '+-+'), 'HuH');
});

await t.test('it says when something changed and how many results in a row that took', async (t) => {
  const count = new HealthCount(2, 3, true);
  t.strictSame([true, false, false, false, false].map((isGood) => [count.add(isGood), count.inRow]), [
    [false, 1], [false, 1], [false, 2], [true, 3], [false, 4],
  ]);
});
