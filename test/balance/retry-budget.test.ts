import t from 'tap';
import { RetryBudget } from '../../src/balance/retry-budget.ts';
import { SeededRandom } from '../helpers/seeded-random.ts';
import { sampleUpstream, someTargets } from './sample-upstream.ts';

function budgetOf(share: number): RetryBudget {
  return new RetryBudget(share, sampleUpstream('retry: {}', someTargets(1)).own);
}

function taken(budget: RetryBudget, second: number, tries: number): number {
  let count = 0;
  for (let i = 0; i < tries; i += 1) if (budget.take(second)) count += 1;
  return count;
}

await t.test('three retries are always there, and with many requests their share', async (t) => {
  for (const [requests, share, most] of [[0, 0.2, 3], [14, 0.2, 3], [15, 0.2, 3], [20, 0.2, 4], [100, 0.2, 20], [100, 0, 3]] as const) {
    const budget = budgetOf(share);
    for (let i = 0; i < requests; i += 1) budget.countRequest(5);
    t.equal(taken(budget, 5, 200), most, `${requests} requests, ${share * 100} %`);
  }
});

await t.test('what was refused costs nothing', async (t) => {
  const budget = budgetOf(0.2);
  t.equal(taken(budget, 5, 100), 3);
  for (let i = 0; i < 20; i += 1) budget.countRequest(5);
  t.equal(taken(budget, 5, 100), 1);
});

await t.test('after ten seconds a retry is forgotten, and the request it was for', async (t) => {
  const budget = budgetOf(0.2);
  for (let i = 0; i < 100; i += 1) budget.countRequest(5);
  t.equal(taken(budget, 5, 100), 20);
  t.equal(taken(budget, 14, 100), 0);
  t.equal(taken(budget, 15, 100), 3);
});

await t.test('with everything failing the attempts stay within 1.2 times the requests', async (t) => {
  const budget = budgetOf(0.2);
  const random = new SeededRandom(7);
  let requests = 0;
  let attempts = 0;
  for (let second = 1; second <= 60; second += 1) {
    for (let i = 15 + random.integer(500); i > 0; i -= 1) {
      budget.countRequest(second);
      requests += 1;
      attempts += 1 + taken(budget, second, random.integer(4));
    }
  }
  t.ok(attempts <= 1.2 * requests, `${attempts} attempts for ${requests} requests`);
  t.ok(attempts > 1.19 * requests, 'and what may be retried is');
});
