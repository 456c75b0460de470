import t from 'tap';
import { checkRetryCondition, joinRetryConditions } from '../../src/config/retry-condition.ts';

await t.test('conditions are words, or statuses that say something went wrong', async (t) => {
  for (const text of ['connect', 'reset', 'timeout', '5xx', '400', '503', '599']) t.doesNotThrow(() => checkRetryCondition(text), text);
  for (const text of ['Connect', '4xx', '5XX', '399', '600', '200', '50', 'error', '']) {
    t.throws(() => checkRetryCondition(text), { name: 'RangeError', message: /connect, reset, timeout, 5xx or a status from 400 to 599/ }, text);
  }
});

await t.test('5xx stands for what another target may do better, and each status counts once', async (t) => {
  t.strictSame(joinRetryConditions(['5xx', 503, '429', 'reset']), { onConnect: false, onReset: true, onTimeout: false, statuses: [429, 500, 502, 503, 504] });
  t.strictSame(joinRetryConditions(['connect', 'timeout', 'connect']), { onConnect: true, onReset: false, onTimeout: true, statuses: [] });
});
