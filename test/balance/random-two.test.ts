import t from 'tap';
import { conforms } from './conformance.ts';
import { at, equalCandidates, listOf, someCandidates, startBalancer } from './sample-candidates.ts';

const CONFIG = { kind: 'random-two' } as const;

await t.test('as every balancer', async (t) => conforms(t, CONFIG, true));

await t.test('the busiest is never chosen: whoever it is drawn with is better', async (t) => {
  const all = equalCandidates(5);
  at(all, 3).slot.addInFlight(1);
  const counts = startBalancer(CONFIG).count(20_000, listOf(all), all);
  t.equal(counts[3], 0);
  t.ok(counts.every((count, i) => i === 3 || i === 5 || count > 4000), 'all others are');
});

await t.test('of two the better one for its weight is always chosen', async (t) => {
  const all = someCandidates([1, 10]);
  at(all, 0).slot.addInFlight(1);
  at(all, 1).slot.addInFlight(9);
  t.strictSame(startBalancer(CONFIG).count(1000, listOf(all), all), [0, 1000, 0]);
  at(all, 1).slot.addInFlight(2);
  t.strictSame(startBalancer(CONFIG).count(1000, listOf(all), all), [1000, 0, 0]);
});

await t.test('requests that stay pile up nearly evenly, where single draws would not', async (t) => {
  const all = equalCandidates(50);
  const { pick } = startBalancer(CONFIG);
  for (let i = 0; i < 50 * 100; i += 1) pick(listOf(all))?.slot.addInFlight(1);
  const most = Math.max(...all.map(({ slot }) => slot.inFlight));
  // One draw each would put about 125 on the fullest of 50; two choices stay within ln ln 50 / ln 2 of the mean.
  t.ok(most <= 105, `${most} on the fullest, 100 on average`);
});
