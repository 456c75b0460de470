import t from 'tap';
import { openLimits } from '../../../src/policy/rate-limit/open-limits.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { policyServices } from '../../helpers/policies.ts';
import { startRedis } from '../../helpers/redis.ts';
import { requireService } from '../../helpers/service.ts';
import { freePort } from '../../helpers/worker-plan.ts';

const MEMORY = { redisUrl: null, onStoreDown: 'local', timeoutMs: 50, prefix: 'sluice', keysMax: 1024 } as const;
const QUESTION = { key: 'k', windows: [{ requests: 2, periodMs: 3_600_000, burst: 1 }] };

await t.test('without a Redis it is the memory of the process that counts', async (t) => {
  const services = policyServices();
  const { limits } = await openLimits(MEMORY, services);
  t.equal(limits, services.limits);
});

await t.test('a Redis that cannot be reached is no error: what onStoreDown says counts', async (t) => {
  const services = policyServices(systemClock);
  const { limits, release } = await openLimits({ ...MEMORY, redisUrl: `redis://127.0.0.1:${await freePort()}/`, onStoreDown: 'deny' }, services);
  t.teardown(release);
  await t.rejects(Promise.resolve(limits.take(QUESTION)), { code: 'limits_unavailable' });
});

await t.test('one configuration hands the connection on to the next, and the last one closes it', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const { url } = await startRedis(t, program);
  const services = policyServices(systemClock);
  const first = await openLimits({ ...MEMORY, redisUrl: url }, services);
  const second = await openLimits({ ...MEMORY, redisUrl: url }, services);
  const other = await openLimits({ ...MEMORY, redisUrl: url, prefix: 'other' }, services);
  t.equal(first.limits, second.limits);
  t.not(first.limits, other.limits);
  t.equal((await first.limits.take(QUESTION)).remaining, 1);
  await first.release();
  t.equal((await second.limits.take(QUESTION)).remaining, 0);
  t.equal((await other.limits.take(QUESTION)).remaining, 1);
  await second.release();
  await other.release();
});
