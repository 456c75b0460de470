import { readFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import t, { type Test } from 'tap';
import { openStore } from '../../../src/tls/store/open-store.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { startRedis, type RedisServer } from '../../helpers/redis.ts';
import { requireService } from '../../helpers/service.ts';
import { eventually } from '../../helpers/wait-for.ts';
import { certificateFor, storeConformance, StoreLogger, type StoreBench } from './conformance.ts';

const HASHES = { certificate: 'sluice:tls:certificates', 'account-key': 'sluice:tls:account-keys', 'account-url': 'sluice:tls:account-urls' } as const;

async function emptyRedis(t: Test, server: RedisServer): Promise<StoreBench & { readonly redis: Redis }> {
  const redis = new Redis(server.url);
  redis.on('error', () => undefined);
  t.teardown(async () => redis.quit());
  await redis.flushall();
  const [clock, logger] = [new ManualClock(), new StoreLogger()];
  return {
    redis,
    clock,
    logger,
    async open() {
      const store = await openStore({ storeDir: '/nowhere', redisUrl: server.url }, { clock, logger });
      t.teardown(async () => store.close());
      return store;
    },
    async pass(ms) {
      const startMs = performance.now();
      await eventually(() => performance.now() - startMs >= ms, ms + 1000);
    },
    async exchange(kind, id, text) {
      const former = await redis.hget(HASHES[kind], id);
      if (text !== null) await redis.hset(HASHES[kind], id, text);
      return former ?? '';
    },
    async setAside() {
      const keys = await redis.keys('sluice:tls:bad:*');
      return (await Promise.all(keys.map(async (key) => redis.get(key)))).map((text) => text ?? '');
    },
  };
}

await t.test('a store on Redis', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const server = await startRedis(t, program);

  await storeConformance(t, async (t) => emptyRedis(t, server));

  await t.test('every key begins with sluice:tls:, and what ends by itself has an end', async (t) => {
    const bench = await emptyRedis(t, server);
    const store = await bench.open();
    const challenge = { host: 'a.test', type: 'http-01', token: 't', keyAuthorization: 'k' } as const;
    await store.save(certificateFor(['a.test']));
    await store.putChallenge(challenge, 10_000);
    await store.lock('a.test', 20_000);
    await bench.exchange('certificate', 'a.test', 'garbage');
    await store.load('a.test');
    const keys = await bench.redis.keys('*');
    t.strictSame(keys.filter((key) => !key.startsWith('sluice:tls:')), []);
    const bad = keys.find((key) => key.startsWith('sluice:tls:bad:certificates:a.test:2026-')) ?? '';
    const lifetimes: readonly (readonly [key: string, ms: number])[] = [
      ['sluice:tls:challenges', 10_000],
      ['sluice:tls:lock:a.test', 20_000],
      [bad, 30 * 86_400_000],
    ];
    for (const [key, ms] of lifetimes) {
      const left = await bench.redis.pttl(key);
      t.ok(left > ms - 5000 && left <= ms, `${key}: ${left}`);
    }
    t.ok(await store.lock('b.test', 1e12), 'a time of years is cut');
    t.ok(await bench.redis.pttl('sluice:tls:lock:b.test') <= 3_600_000);
  });

  await t.test('a key that holds something else is an error in words', async (t) => {
    const bench = await emptyRedis(t, server);
    await bench.redis.set('sluice:tls:certificates', 'text');
    const store = await bench.open();
    await t.rejects(store.load('a.test'), { name: 'StoreError', message: /redis at 127\.0\.0\.1:\d+ holds something else under a key of sluice:tls:/ });
    await t.rejects(store.save(certificateFor(['a.test'])), { name: 'StoreError' });
    t.equal(await bench.redis.get('sluice:tls:certificates'), 'text');
  });

  await t.test('the rights that certs/README.md names are enough for all of it', async (t) => {
    const bench = await emptyRedis(t, server);
    const page = readFileSync(new URL('../../../certs/README.md', import.meta.url), 'utf8');
    const rights = /`(~sluice:tls:\* [^`]+)`/.exec(page)?.[1]?.split(' ') ?? [];
    t.ok(rights.length > 2);
    await bench.redis.acl('SETUSER', 'sluice', 'reset', 'on', '>secret', ...rights);
    const store = await openStore({ storeDir: '/nowhere', redisUrl: `redis://sluice:secret@127.0.0.1:${server.port}` }, bench);
    t.teardown(async () => store.close());
    const challenge = { host: 'a.test', type: 'http-01', token: 't', keyAuthorization: 'k' } as const;
    let told = 0;
    store.watch(() => { told++; });
    await eventually(async () => (await bench.redis.publish('sluice:tls:changes', 'x')) === 1);
    await store.save(certificateFor(['a.test']));
    await bench.exchange('certificate', 'a.test', 'garbage');
    t.equal(await store.load('a.test'), null);
    await store.accountKey('https://ca.test/', async () => certificateFor(['a.test']).key);
    await store.saveAccountUrl('https://ca.test/', 'https://ca.test/1');
    await store.putChallenge(challenge, 1000);
    t.strictSame(await store.challenges(), [challenge]);
    await store.removeChallenge(challenge);
    const lock = await store.lock('a.test', 1000);
    t.equal(await lock?.extend(1000), true);
    await lock?.release();
    await eventually(() => { bench.clock.advance(200); return told > 0; });
    t.match(bench.logger.lines, [/damaged; it was set aside/]);
  });

  await t.test('a list in many batches is whole and in order', async (t) => {
    const bench = await emptyRedis(t, server);
    const store = await bench.open();
    const certificates = Array.from({ length: 120 }, (_, number) => certificateFor([`n${String(number).padStart(3, '0')}.test`]));
    for (const certificate of certificates) await bench.redis.hset(HASHES.certificate, certificate.id, JSON.stringify(certificate));
    t.strictSame(await store.list(), certificates);
  });

  await t.test('a change nobody was told of is found at the next look', async (t) => {
    const bench = await emptyRedis(t, server);
    const store = await bench.open();
    let told = 0;
    store.watch(() => { told++; });
    await eventually(async () => (await bench.redis.publish('sluice:tls:changes', 'x')) === 1);
    await eventually(() => { bench.clock.advance(200); return told > 0; });
    const before = told;
    await bench.redis.incr('sluice:tls:changes');
    bench.clock.advance(30_000);
    await eventually(() => { bench.clock.advance(200); return told > before; });
    t.pass('told');
  });
});

await t.test('a Redis that is killed fails commands at once, and works again when it is back', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;
  const server = await startRedis(t, program);
  const bench = await emptyRedis(t, server);
  const [one, other] = [await bench.open(), await bench.open()];
  let told = 0;
  other.watch(() => { told++; });
  const certificate = certificateFor(['a.test']);
  await one.save(certificate);
  const lock = await one.lock('a.test', 60_000);

  const flights = Array.from({ length: 20 }, async () => one.load('a.test').catch((error: unknown) => error));
  await server.kill();
  for (const outcome of await Promise.all(flights)) t.match(outcome, outcome instanceof Error ? { name: 'StoreError' } : certificate);
  const calls = [
    async () => one.load('a.test'),
    async () => one.save(certificate),
    async () => one.list(),
    async () => one.accountKey('https://ca.test/', async () => certificate.key),
    async () => one.accountUrl('https://ca.test/'),
    async () => one.saveAccountUrl('https://ca.test/', 'https://ca.test/1'),
    async () => one.challenges(),
    async () => one.putChallenge({ host: 'a.test', type: 'http-01', token: 't', keyAuthorization: 'k' }, 1000),
    async () => one.removeChallenge({ host: 'a.test', type: 'http-01', token: 't', keyAuthorization: 'k' }),
    async () => one.lock('b.test', 1000),
    async () => lock?.extend(1000),
    async () => lock?.release(),
  ];
  const startMs = performance.now();
  for (const call of calls) {
    const error: unknown = await call().catch((thrown: unknown) => thrown);
    t.match(error, { name: 'StoreError', message: /^redis at 127\.0\.0\.1:\d+ (refuses the connection; is it running\?|is not connected|broke the connection off)$/ }, call.toString());
    t.notMatch(String(error), /PRIVATE/);
  }
  t.ok(performance.now() - startMs < 1000, 'none of them waited');
  const linesWith = (text: string): string[] => bench.logger.lines.filter((line) => line.includes(text));
  await eventually(() => linesWith('is it running?').length === 2, 5000);

  const before = told;
  await server.start();
  t.strictSame(await eventually(async () => one.load('a.test'), 10_000), certificate);
  t.equal(await lock?.extend(60_000), true, 'the lock outlived the crash');
  await other.save(certificateFor(['b.test'])).catch(() => undefined);
  await eventually(() => { bench.clock.advance(200); return told > before; }, 10_000);
  await eventually(() => linesWith('can be used again').length === 2, 10_000);
  t.equal(linesWith('is it running?').length, 2, 'however often it was tried');
});
