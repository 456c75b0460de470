import t from 'tap';
import { parseRedisAddress, redisName } from '../../../src/lib/redis/redis-address.ts';

await t.test('every part of the URL, and what stands for those left out', async (t) => {
  t.strictSame(parseRedisAddress('redis://redis'), { host: 'redis', port: 6379, username: null, password: null, database: 0, tls: false });
  t.strictSame(parseRedisAddress('rediss://me:a%2Fb@[::1]:7000/15'), { host: '::1', port: 7000, username: 'me', password: 'a/b', database: 15, tls: true });
});

await t.test('a name for logs is an address without the password', async (t) => {
  t.equal(redisName(parseRedisAddress('redis://:hunter2@redis/3')), 'redis at redis:6379');
  t.equal(redisName(parseRedisAddress('redis://[::1]')), 'redis at [::1]:6379');
});

await t.test('threat: what is wrong with a URL is told without its password', async (t) => {
  for (const text of ['', 'redis:6379', 'http://:hunter2@redis', 'redis://:hunter2@redis/x', 'redis://:hunter2@redis/0?a', 'redis://:hunter2%@redis', 'rediss://:hunter2@redis:99999']) {
    t.throws(() => parseRedisAddress(text), { name: 'RangeError', message: /^(?!.*hunter2)the URL of the store/ }, text);
  }
});
