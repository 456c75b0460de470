import t from 'tap';
import { AcmeError } from '../../../src/tls/acme/acme-types.ts';
import { retryDelayMs } from '../../../src/tls/acme/retry-plan.ts';
import { SeededRandom } from '../../helpers/seeded-random.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Least and most wait after so many failures of this type. */
function range(failures: number, type: string, retryAfterMs: number | null = null): [number, number] {
  const error = new AcmeError('no', type, retryAfterMs);
  return [retryDelayMs(failures, error, () => 0), retryDelayMs(failures, error, () => 1)];
}

await t.test('from a minute, twice as long each time, up to a day, a fifth less at random', async (t) => {
  t.strictSame(range(1, 'unauthorized'), [0.8 * MINUTE_MS, MINUTE_MS]);
  t.strictSame(range(2, 'unauthorized'), [1.6 * MINUTE_MS, 2 * MINUTE_MS]);
  t.strictSame(range(6, 'unauthorized'), [0.8 * 32 * MINUTE_MS, 32 * MINUTE_MS]);
  t.strictSame(range(2000, 'unauthorized'), [0.8 * DAY_MS, DAY_MS]);
});

await t.test('what passes by itself is tried hourly at least, what somebody must mend hourly at most', async (t) => {
  t.strictSame(range(20, 'network'), [0.8 * HOUR_MS, HOUR_MS]);
  t.strictSame(range(1, 'externalAccountRequired'), [0.8 * HOUR_MS, HOUR_MS]);
  t.strictSame(range(1, 'rateLimited'), [0.8 * HOUR_MS, HOUR_MS], 'a rate limit without a Retry-After');
});

await t.test('never before the Retry-After, and not all at its very end', async (t) => {
  t.strictSame(range(1, 'rateLimited', 3 * DAY_MS), [3 * DAY_MS, 3 * DAY_MS + 0.2 * HOUR_MS]);
  t.strictSame(range(1, 'serverInternal', 5000), [0.8 * MINUTE_MS, MINUTE_MS], 'a short one does not shorten the wait');
  const random = new SeededRandom(1);
  for (let failures = 1; failures < 40; failures++) {
    const askedMs = random.integer(7 * DAY_MS);
    const delayMs = retryDelayMs(failures, new AcmeError('no', 'rateLimited', askedMs), () => random.integer(1000) / 1000);
    t.ok(delayMs >= askedMs && delayMs <= askedMs + DAY_MS);
  }
});

await t.test('an error of another kind waits like any other', async (t) => {
  t.equal(retryDelayMs(1, new Error('disk full'), () => 1), MINUTE_MS);
});
