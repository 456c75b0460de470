import t from 'tap';
import { RedisLink } from '../../../src/tls/store/redis-link.ts';
import { takeRedisLock } from '../../../src/tls/store/redis-lock.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { startRedis } from '../../helpers/redis.ts';
import { requireService } from '../../helpers/service.ts';
import { StoreLogger } from './conformance.ts';

await t.test('a lock on Redis', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const { port } = await startRedis(t, program);
  const address = { host: '127.0.0.1', port, username: null, password: null, database: 0, tls: false };
  const link = await RedisLink.open(address, { clock: new ManualClock(), logger: new StoreLogger() });
  t.teardown(() => link.close());
  const ttl = async (key: string): Promise<number> => link.run(async (client) => client.pttl(key));

  await t.test('holds a token of its own, and ends by itself', async (t) => {
    t.ok(await takeRedisLock(link, 'a', 10_000));
    t.ok(await takeRedisLock(link, 'b', 10_000));
    const tokens = await link.run(async (client) => client.mget('a', 'b'));
    t.match(tokens, [/^[0-9a-f-]{36}$/, /^[0-9a-f-]{36}$/]);
    t.not(tokens[0], tokens[1]);
    t.ok(await ttl('a') > 5000);
  });

  await t.test('is extended and released by its token alone', async (t) => {
    const lock = await takeRedisLock(link, 'c', 10_000);
    t.equal(await lock?.extend(100_000), true);
    t.ok(await ttl('c') > 50_000);
    await link.run(async (client) => client.set('c', 'somebody else', 'PX', 5000));
    t.equal(await lock?.extend(100_000), false);
    await lock?.release();
    t.equal(await link.run(async (client) => client.get('c')), 'somebody else');
    t.ok(await ttl('c') <= 5000, 'nor was its time changed');
  });

  await t.test('takes any time: a fraction is a whole, less than one is one, and none is longer than an hour', async (t) => {
    for (const [key, ttlMs] of [['d', 0.2], ['e', -1]] as const) t.ok(await takeRedisLock(link, key, ttlMs));
    const lock = await takeRedisLock(link, 'f', 1e12);
    t.ok(await ttl('f') <= 3_600_000);
    t.equal(await lock?.extend(1e12), true);
    t.ok(await ttl('f') <= 3_600_000);
  });
});
