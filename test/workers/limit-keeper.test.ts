import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { LimitState } from '../../src/admin/limit-desk.ts';
import { createLimitMemory } from '../../src/policy/rate-limit/limit-table.ts';
import { Limiter } from '../../src/policy/rate-limit/limiter.ts';
import { MemoryStore } from '../../src/policy/rate-limit/memory-store.ts';
import { LimitKeeper } from '../../src/workers/limit-keeper.ts';
import { configOf } from '../helpers/config-text.ts';
import { startGateway } from '../helpers/gateway.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { startRedis } from '../helpers/redis.ts';
import { sampleExchange } from '../helpers/sample-exchange.ts';
import { requireService } from '../helpers/service.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { freePort } from '../helpers/worker-plan.ts';

const KEY = 'k'.repeat(40);
const HASH = `sha256:${createHash('sha256').update(KEY).digest('hex')}`;

function start(yaml: string) {
  const clock = new ManualClock();
  const memory = createLimitMemory(1000, 0);
  let config = configOf(yaml);
  const store = new MemoryStore(memory, 1, clock);
  const keeper = new LimitKeeper({ clock, memory, config: () => config });
  /** As a worker counts a request of this client. */
  const count = (address: string): void => {
    const { exchange } = sampleExchange();
    Object.assign(exchange, { clientAddress: address });
    for (const { id, policies: { rateLimit } } of config.routes) {
      for (const keyed of rateLimit?.keyed ?? []) store.take(new Limiter(keyed, id, rateLimit?.zone ?? null).questionOf(exchange));
    }
  };
  return { clock, keeper, count, reload: (text: string) => { config = configOf(text); } };
}

await t.test('every limit that has counted an address tells each of its windows', async (t) => {
  const { keeper, count, clock } = start('routes: [{ path: /a, respond: {}, rateLimit: { limits: [3/min, 10/hour], also: [{ limits: 100/min, key: route }] } }, { path: /b, respond: {}, rateLimit: 2/min }]');
  t.strictSame(await keeper.find('192.0.2.1'), []);
  for (let i = 0; i < 3; i += 1) count('192.0.2.1');
  t.strictSame(await keeper.find('192.0.2.1'), [
    { scope: '/a', limit: '3/min', remaining: 0, retryAfterMs: 20_000 },
    { scope: '/a', limit: '10/hour', remaining: 7, retryAfterMs: 0 },
    { scope: '/b', limit: '2/min', remaining: 0, retryAfterMs: 30_000 },
  ]);
  t.strictSame(await keeper.find('/a'), [{ scope: '/a', limit: '100/min', remaining: 97, retryAfterMs: 0 }], 'and a limit of the whole route is found by its id');
  t.strictSame(await keeper.find('192.0.2.2'), []);
  clock.advance(60_000);
  t.match(await keeper.find('192.0.2.1'), [{ limit: '3/min', remaining: 3 }, { limit: '10/hour', remaining: 7 }], 'what lies in the past is told no more');
});

await t.test('clearing forgets one key and no other, and looking counts nothing', async (t) => {
  const { keeper, count } = start('routes: [{ path: /a, respond: {}, rateLimit: 3/min }, { path: /b, respond: {}, rateLimit: 2/min }]');
  count('192.0.2.1');
  count('192.0.2.2');
  for (let i = 0; i < 5; i += 1) await keeper.find('192.0.2.1');
  t.match(await keeper.find('192.0.2.1'), [{ remaining: 2 }, { remaining: 1 }]);
  t.equal(await keeper.clear('192.0.2.1'), 2);
  t.strictSame(await keeper.find('192.0.2.1'), []);
  t.equal((await keeper.find('192.0.2.2')).length, 2);
  t.equal(await keeper.clear('192.0.2.1'), 0);
});

await t.test('an IPv6 address is found by any address of its /64, and by any spelling', async (t) => {
  const { keeper, count } = start('routes: [{ respond: {}, rateLimit: 3/min }]');
  count('2001:db8::1');
  for (const text of ['2001:db8::1', '2001:DB8:0:0::ffff', '2001:db8::/64']) t.match(await keeper.find(text), [{ remaining: 2 }], text);
  t.strictSame(await keeper.find('2001:db8:0:1::1'), []);
});

await t.test('routes of one zone are one count, and so are all that say global', async (t) => {
  const route = 'respond: {}, rateLimit: { limits: 5/min, zone: login }';
  const everybody = 'respond: {}, rateLimit: { limits: 9/min, key: global }';
  const { keeper, count } = start(`routes: [{ path: /a, ${route} }, { path: /b, ${route} }, { path: /c, ${everybody} }, { path: /d, ${everybody} }]`);
  count('192.0.2.1');
  t.strictSame(await keeper.find('192.0.2.1'), [{ scope: 'login', limit: '5/min', remaining: 3, retryAfterMs: 0 }]);
  t.strictSame(await keeper.find('global'), [{ scope: 'global', limit: '9/min', remaining: 7, retryAfterMs: 0 }]);
});

await t.test('a reload that leaves a limit as it is leaves it to be found, another limit has counted nothing', async (t) => {
  const { keeper, count, reload } = start('routes: [{ respond: {}, rateLimit: 3/min }]');
  count('192.0.2.1');
  reload('routes: [{ respond: {}, rateLimit: 3/min }, { path: /b, respond: {} }]');
  t.match(await keeper.find('192.0.2.1'), [{ remaining: 2 }]);
  reload('routes: [{ respond: {}, rateLimit: 4/min }]');
  t.strictSame(await keeper.find('192.0.2.1'), []);
});

interface Asked {
  status(key?: string): Promise<number>;
  find(key: string): Promise<readonly LimitState[]>;
  clear(key: string): Promise<number>;
  readonly admin: string;
}

async function startAsked(t: Test, yaml: string): Promise<Asked> {
  const gateway = await startGateway(t, `workers: 2\nlisten: { http: "127.0.0.1:0", admin: ${await freePort()} }\n${yaml}`);
  const admin = `http://127.0.0.1:${gateway.plane.admin?.address.port}`;
  return {
    admin,
    status: async (key) => {
      const headers = { connection: 'close', ...(key !== undefined && { 'x-api-key': key }) };
      return (await fetch(`http://127.0.0.1:${gateway.httpPort}/`, { headers })).status;
    },
    find: async (key) => {
      const answer = await (await fetch(`${admin}/limits?key=${encodeURIComponent(key)}`)).json() as { readonly limits: readonly LimitState[] };
      return answer.limits;
    },
    clear: async (key) => {
      const response = await fetch(`${admin}/limits/clear`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ key }) });
      return (await response.json() as { readonly cleared: number }).cleared;
    },
  };
}

async function beginAnew(t: Test, asked: Asked, key: string, secret?: string): Promise<void> {
  for (let i = 0; i < 3; i += 1) t.equal(await asked.status(secret), 200);
  t.equal(await asked.status(secret), 429);
  t.match(await asked.find(key), [{ limit: '3/hour', remaining: 0 }]);
  t.equal(await asked.clear(key), 1);
  t.strictSame(await asked.find(key), []);
  t.equal(await asked.status(secret), 200);
  t.match(await asked.find(key), [{ limit: '3/hour', remaining: 2, retryAfterMs: 0 }]);
}

await t.test('a gateway of two workers: an address begins anew', async (t) => {
  await beginAnew(t, await startAsked(t, 'routes: [{ respond: {}, rateLimit: 3/hour }]'), '127.0.0.1');
});

await t.test('a gateway: an API key with limits of its own, from the file of keys as it is by now', async (t) => {
  const file = join(tempDir(t), 'keys.txt');
  writeFileSync(file, `other sha256:${'0'.repeat(64)}\nmobile ${HASH} limit=3/hour\n`);
  const asked = await startAsked(t, `routes: [{ respond: {}, rateLimit: { limits: 1000/min, key: apiKey }, apiKey: { file: ${JSON.stringify(file)} } }]`);
  await beginAnew(t, asked, 'mobile', KEY);
  t.strictSame(await asked.find('127.0.0.1'), [], 'its address has counted nothing');
  rmSync(file);
  t.match(await asked.find('mobile'), [{ limit: '3/hour' }], 'a file that is gone changes nothing');
});

await t.test('with Redis', async (t) => {
  const program = requireService(t, 'redis-server');
  if (program === null) return;

  await t.test('what is counted there is found and forgotten there', async (t) => {
    const redis = await startRedis(t, program);
    const asked = await startAsked(t, `rateLimits: { store: ${JSON.stringify(redis.url)} }\nroutes: [{ respond: {}, rateLimit: 3/hour }]`);
    await beginAnew(t, asked, '127.0.0.1');
    await redis.kill();
    // Where gateways count for themselves meanwhile, that is what there is.
    t.strictSame(await asked.find('127.0.0.1'), []);
  });

  await t.test('threat: a Redis that is gone is told without its password', async (t) => {
    const url = `redis://:hunter2@127.0.0.1:${await freePort()}`;
    const asked = await startAsked(t, `rateLimits: { store: ${JSON.stringify(url)}, onStoreDown: deny }\nroutes: [{ respond: {}, rateLimit: 3/hour }]`);
    const answer = await fetch(`${asked.admin}/limits?key=127.0.0.1`);
    t.equal(answer.status, 503);
    const text = await answer.text();
    t.match(text, /redis at 127\.0\.0\.1:\d+ refuses the connection/);
    t.notMatch(text, 'hunter2');
  });
});
