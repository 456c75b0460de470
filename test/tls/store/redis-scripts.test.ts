import { Redis } from 'ioredis';
import t from 'tap';
import * as scripts from '../../../src/tls/store/redis-scripts.ts';
import { startRedis } from '../../helpers/redis.ts';
import { requireService } from '../../helpers/service.ts';

await t.test('the scripts', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const { url } = await startRedis(t, program);
  const redis = new Redis(url);
  t.teardown(async () => redis.quit());

  await t.test('a full hash takes no new certificate, and still replaces one', async (t) => {
    const save = async (id: string, value: string): Promise<unknown> => redis.eval(scripts.SAVE_CERTIFICATE, 2, 'certs', 'changes', id, value, 2);
    t.strictSame([await save('a', '1'), await save('b', '1'), await save('c', '1'), await save('b', '2')], [1, 1, 0, 1]);
    t.strictSame(await redis.hgetall('certs'), { a: '1', b: '2' });
    t.equal(await redis.get('changes'), '3', 'what was refused is no change');
  });

  await t.test('the first account key stays, and only a new one forgets the URL', async (t) => {
    await redis.hset('urls', 'ca', 'stale');
    t.equal(await redis.eval(scripts.KEEP_ACCOUNT_KEY, 2, 'keys', 'urls', 'ca', 'first'), 'first');
    t.equal(await redis.hget('urls', 'ca'), null);
    await redis.hset('urls', 'ca', 'good');
    t.equal(await redis.eval(scripts.KEEP_ACCOUNT_KEY, 2, 'keys', 'urls', 'ca', 'second'), 'first');
    t.equal(await redis.hget('urls', 'ca'), 'good');
  });

  await t.test('only the value that was seen is set aside', async (t) => {
    await redis.hset('things', 'a', 'new');
    t.equal(await redis.eval(scripts.SET_ASIDE, 2, 'things', 'bad', 'a', 'old', 60_000), 0);
    t.equal(await redis.hget('things', 'a'), 'new');
    t.equal(await redis.eval(scripts.SET_ASIDE, 2, 'things', 'bad', 'a', 'new', 60_000), 1);
    t.strictSame([await redis.hget('things', 'a'), await redis.get('bad')], [null, 'new']);
    t.ok(await redis.pttl('bad') > 50_000);
  });

  await t.test('open challenges are bounded; those that are over are neither counted nor shown', async (t) => {
    const put = async (challenge: string, ms: number): Promise<unknown> => redis.eval(scripts.PUT_CHALLENGE, 2, 'open', 'changes', challenge, ms, 2);
    await redis.zadd('open', 1000, 'of 1970');
    t.strictSame(await redis.eval(scripts.OPEN_CHALLENGES, 1, 'open', 10), []);
    await redis.zadd('open', 1000, 'of 1970');
    t.strictSame([await put('a', 90_000), await put('b', 60_000), await put('c', 60_000), await put('a', 95_000)], [1, 1, 0, 1]);
    t.strictSame(await redis.eval(scripts.OPEN_CHALLENGES, 1, 'open', 10), ['b', 'a'], 'in the order of their ends');
    t.strictSame(await redis.eval(scripts.OPEN_CHALLENGES, 1, 'open', 1), ['b']);
    const left = await redis.pttl('open');
    t.ok(left > 80_000 && left <= 95_000, 'the key ends with the last of them');
    await redis.eval(scripts.REMOVE_CHALLENGE, 2, 'open', 'changes', 'b');
    t.strictSame(await redis.zrange('open', 0, '-1'), ['a']);
  });

  await t.test('a change is counted and told', async (t) => {
    const listener = new Redis(url);
    t.teardown(async () => listener.quit());
    await listener.subscribe('changes');
    const { promise: message, resolve } = Promise.withResolvers<string>();
    listener.once('message', (_channel, text) => resolve(text));
    const count = Number(await redis.get('changes'));
    await redis.eval(scripts.REMOVE_CHALLENGE, 2, 'open', 'changes', 'never there');
    t.equal(Number(await redis.get('changes')), count, 'nothing removed is no change');
    await redis.eval(scripts.REMOVE_CHALLENGE, 2, 'open', 'changes', 'a');
    t.equal(await message, `${count + 1}`);
  });

  await t.test('a lock answers to its token', async (t) => {
    await redis.set('lock', 'mine', 'PX', 1000);
    t.equal(await redis.eval(scripts.EXTEND_LOCK, 1, 'lock', 'other', 60_000), 0);
    t.equal(await redis.eval(scripts.EXTEND_LOCK, 1, 'lock', 'mine', 60_000), 1);
    t.equal(await redis.eval(scripts.RELEASE_LOCK, 1, 'lock', 'other'), 0);
    t.equal(await redis.eval(scripts.RELEASE_LOCK, 1, 'lock', 'mine'), 1);
    t.equal(await redis.eval(scripts.EXTEND_LOCK, 1, 'lock', 'mine', 60_000), 0, 'what is gone cannot be extended');
  });
});
