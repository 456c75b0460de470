import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import type { LimitQuestion } from '../../../src/policy/rate-limit/limit-store.ts';
import { RedisLimits } from '../../../src/policy/rate-limit/redis-store.ts';
import { startRedis } from '../../helpers/redis.ts';
import { requireService } from '../../helpers/service.ts';
import { eventually } from '../../helpers/wait-for.ts';
import { freePort } from '../../helpers/worker-plan.ts';

const TEN_AN_HOUR = { requests: 10, periodMs: 3_600_000, burst: 9 };

interface Opened {
  readonly limits: RedisLimits;
  /** `connected`, or why the connection was lost, in turn. */
  readonly heard: string[];
}

async function open(t: Test, url: string, prefix = 'sluice'): Promise<Opened> {
  const heard: string[] = [];
  const limits = new RedisLimits(url, prefix, { onConnected: () => heard.push('connected'), onLost: (problem) => heard.push(problem) });
  t.teardown(() => limits.close());
  await eventually(() => heard.length > 0, 4000);
  return { limits, heard };
}

function question(key: string): LimitQuestion {
  return { key, windows: [TEN_AN_HOUR] };
}

async function problem(limits: RedisLimits, key = 'x'): Promise<string> {
  return limits.ask(question(key)).then((verdict) => `allowed: ${verdict.allowed}`, (error: unknown) => limits.problemOf(error));
}

await t.test('nobody there: it is told at once, and a question fails at once', async (t) => {
  const { limits, heard } = await open(t, `redis://:hunter2@127.0.0.1:${await freePort()}`);
  t.equal(heard[0], 'refuses the connection; is it running?');
  t.equal(await problem(limits), 'is not connected');
  t.notMatch(limits.name, /hunter2/);
});

await t.test('threat: a URL that is wrong is told without its password', async (t) => {
  const listener = { onConnected: () => undefined, onLost: () => undefined };
  t.throws(() => new RedisLimits('http://:hunter2@redis', 'sluice', listener), { name: 'RangeError', message: /^(?!.*hunter2)/ });
});

await t.test('with a Redis', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const server = await startRedis(t, program);
  const redis = new Redis(server.url);
  t.teardown(async () => redis.quit());

  await t.test('exactly as many as allowed, of many at once, over two connections', async (t) => {
    const stores = [await open(t, server.url), await open(t, server.url)];
    const verdicts = await Promise.all(stores.flatMap(({ limits }) => Array.from({ length: 100 }, async () => limits.ask(question('both')))));
    t.equal(verdicts.filter(({ allowed }) => allowed).length, 10);
    const refused = verdicts.find(({ allowed }) => !allowed);
    t.ok(refused!.retryAfterMs > 300_000 && refused!.retryAfterMs <= 360_000);
  });

  await t.test('prefixes keep gateways apart, and every key has its end', async (t) => {
    const { limits: ours } = await open(t, server.url, 'ours');
    const { limits: theirs } = await open(t, server.url, 'theirs');
    for (const limits of [ours, theirs]) t.equal((await limits.ask(question('a'))).remaining, 9);
    const keys = await redis.keys('*:limit:a');
    t.strictSame(keys.toSorted(), ['ours:limit:a', 'theirs:limit:a']);
    for (const key of keys) t.ok(await redis.pttl(key) > 0);
  });

  await t.test('a request can be given back, and a key forgotten', async (t) => {
    const { limits } = await open(t, server.url);
    await limits.ask(question('k'));
    await limits.giveBack(question('k'));
    t.equal((await limits.ask(question('k'))).remaining, 9);
    t.equal(await limits.clear('k'), true);
    t.equal(await limits.clear('k'), false);
    t.equal((await limits.ask(question('k'))).remaining, 9);
  });

  await t.test('a server that has forgotten its scripts is given them again, in the middle of many questions', async (t) => {
    const { limits } = await open(t, server.url);
    await limits.ask(question('script'));
    await redis.script('FLUSH');
    const verdicts = await Promise.all(Array.from({ length: 50 }, async () => limits.ask(question('script'))));
    t.equal(verdicts.filter(({ allowed }) => allowed).length, 9);
  });

  await t.test('what is held under a key and is not ours is told', async (t) => {
    const { limits } = await open(t, server.url);
    await redis.hset('sluice:limit:taken', 'a', '1');
    t.equal(await problem(limits, 'taken'), 'holds something else under a key of sluice:limit:');
  });

  await t.test('out of memory is told', async (t) => {
    const { limits } = await open(t, server.url);
    await redis.config('SET', 'maxmemory', '1');
    t.equal(await problem(limits, 'oom'), 'is out of memory; raise its maxmemory');
    await redis.config('SET', 'maxmemory', '0');
    t.equal(await problem(limits, 'oom'), 'allowed: true');
  });

  await t.test('a user needs no more rights than these', async (t) => {
    await redis.acl('SETUSER', 'limits', 'reset', 'on', '>secret', '~sluice:limit:*', '+evalsha', '+script|load', '+get', '+set', '+del', '+time', '+info');
    const { limits } = await open(t, `redis://limits:secret@127.0.0.1:${server.port}`);
    t.equal(await problem(limits), 'allowed: true');
    await limits.giveBack(question('x'));
    await limits.clear('x');
    const { limits: other } = await open(t, `redis://limits:secret@127.0.0.1:${server.port}`, 'other');
    t.match(await problem(other), /does not allow this user what is needed; our keys, and the channel if any, are other:limit:\*/);
  });

  await t.test('a server that is killed is told of, and one that comes back', async (t) => {
    const own = await startRedis(t, program);
    const { limits, heard } = await open(t, own.url);
    t.equal(await problem(limits), 'allowed: true');
    await own.kill();
    await eventually(() => heard.length >= 2);
    t.notMatch(heard[1], 'connected');
    await own.start();
    await eventually(() => heard.at(-1) === 'connected', 5000);
    t.equal(await problem(limits), 'allowed: true', 'though it has no script yet');
  });
});

await t.test('a password that is missing, and a wrong one, are told in words', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const { port } = await startRedis(t, program, { requirepass: 'hunter2' });
  t.match((await open(t, `redis://127.0.0.1:${port}`)).heard[0], /asks for a password/);
  t.match((await open(t, `redis://:hunter3@127.0.0.1:${port}`)).heard[0], /refuses the user or the password/);
  t.match((await open(t, `redis://:hunter2@127.0.0.1:${port}/99`)).heard[0], /has no database of that number/);
  t.equal((await open(t, `redis://:hunter2@127.0.0.1:${port}/1`)).heard[0], 'connected');
});

await t.test('a replica is told, and left for the master that it becomes', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const replica = await startRedis(t, program, { replicaof: `127.0.0.1 ${await freePort()}` });
  const { limits } = await open(t, replica.url);
  const redis = new Redis(replica.url);
  t.teardown(async () => redis.quit());
  t.equal(await problem(limits), 'is a replica that cannot be written to; name the master');
  await redis.replicaof('NO', 'ONE');
  t.equal(await eventually(async () => (await problem(limits)).includes('allowed') && 'allowed', 5000), 'allowed');
});
