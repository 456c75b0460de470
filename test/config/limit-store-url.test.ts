import t from 'tap';
import { checkLimitStore } from '../../src/config/limit-store-url.ts';

await t.test('memory, or the URL of a Redis server', async (t) => {
  for (const text of ['memory', 'redis://redis', 'rediss://me:secret@redis:6380/1']) t.doesNotThrow(() => checkLimitStore(text), text);
  for (const text of ['', 'Memory', 'redis', './limits', 'http://redis']) t.throws(() => checkLimitStore(text), { name: 'RangeError', message: /`memory`/ }, text);
});

await t.test('threat: a URL that is wrong is not repeated', async (t) => {
  t.throws(() => checkLimitStore('redis://:hunter2@redis/x'), { name: 'RangeError', message: /^(?!.*hunter2)/ });
});
