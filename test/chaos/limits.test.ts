import { performance } from 'node:perf_hooks';
import t, { type Test } from 'tap';
import { startGateway, type TestGateway } from '../helpers/gateway.ts';
import { agentClient } from '../helpers/plain-clients.ts';
import { type RedisServer, startRedis } from '../helpers/redis.ts';
import { requireService } from '../helpers/service.ts';
import { startSluice } from '../helpers/sluice-process.ts';
import { eventually } from '../helpers/wait-for.ts';

const LANES = 8;

/** Sends one request after the other on each of eight connections until told to stop. */
class Load {
  readonly statuses: number[] = [];
  readonly timesMs: number[] = [];
  readonly #lanes: Promise<void>[];
  #isOver = false;

  constructor(t: Test, port: number) {
    this.#lanes = Array.from({ length: LANES }, async (_, lane) => {
      const ask = agentClient(t, port);
      for (let i = 0; !this.#isOver; i += 1) {
        const startMs = performance.now();
        const { status } = await ask({ path: `/?${lane}`, headers: { 'x-client': `${lane % 4}` } });
        this.timesMs.push(performance.now() - startMs);
        this.statuses.push(status);
      }
    });
  }

  /** So many more answers have come. */
  async more(count: number): Promise<void> {
    const until = this.statuses.length + count;
    await eventually(() => this.statuses.length >= until, 20_000);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#lanes);
  }
}

const TIMES = 5;

/** Of each third of the time, in ascending order: whatever else the machine does at the moment is seldom in all of them. */
function p99s(timesMs: readonly number[]): number[] {
  const size = Math.floor(timesMs.length / 3);
  const thirds = [0, 1, 2].map((third) => timesMs.slice(third * size, (third + 1) * size).toSorted((a, b) => a - b));
  return thirds.map((times) => times[Math.floor(times.length * 0.99)] ?? Number.NaN).toSorted((a, b) => a - b);
}

async function startCounting(t: Test, redis: RedisServer, onStoreDown: string, limits: string): Promise<TestGateway> {
  return startGateway(t, `
rateLimits: { store: "${redis.url}", onStoreDown: ${onStoreDown}, prefix: ${onStoreDown} }
routes: [{ respond: {}, rateLimit: { limits: ${limits}, key: "header:X-Client" } }]`);
}

const program = requireService(t, 'redis-server');
if (program !== null) {
  await t.test('two gateways, processes of their own, count together over one Redis: exactly ten of four hundred pass', async (t) => {
    const redis = await startRedis(t, program);
    const yaml = `
rateLimits: { store: "${redis.url}", timeout: 5s }
routes: [{ name: shared, respond: {}, rateLimit: { limits: 10/hour, key: route } }]`;
    const ports = (await Promise.all([startSluice(t, yaml), startSluice(t, `workers: 2\n${yaml}`)])).map(({ httpPort }) => httpPort);
    const statuses = (await Promise.all(ports.flatMap((port) => Array.from({ length: 20 }, async () => {
      const ask = agentClient(t, port);
      const answers: number[] = [];
      for (let i = 0; i < 10; i += 1) answers.push((await ask({ path: '/' })).status);
      return answers;
    })))).flat();
    t.strictSame([statuses.filter((status) => status === 200).length, statuses.filter((status) => status === 429).length], [10, 390]);
  });

  for (const [onStoreDown, meanwhile] of [['local', [200]], ['allow', [200]], ['deny', [503]]] as const) {
    await t.test(`Redis dies in the middle of the load and comes back, with onStoreDown: ${onStoreDown}`, async (t) => {
      const redis = await startRedis(t, program, { appendonly: 'no' });
      const { httpPort } = await startCounting(t, redis, onStoreDown, '1000000/s');
      const load = new Load(t, httpPort);
      await load.more(1500);
      const before = load.timesMs.splice(0);
      t.strictSame([...new Set(load.statuses.splice(0))], [200]);
      await redis.kill();
      // The questions that were under way are decided by then.
      await load.more(200);
      load.statuses.length = 0;
      const usual = p99s(before);
      let dead: number[] = [];
      // What else the machine does is no fault of ours: one quiet time of several shows what is.
      for (let times = 0; times < TIMES && !(dead[0]! <= usual[2]! + 5); times += 1) {
        load.timesMs.length = 0;
        await load.more(1500);
        dead = p99s(load.timesMs);
      }
      t.strictSame([...new Set(load.statuses)], meanwhile);
      t.ok(dead[0]! <= usual[2]! + 5, `p99 was ${usual.map((ms) => ms.toFixed(1)).join(', ')} ms, and ${dead.map((ms) => ms.toFixed(1)).join(', ')} ms without Redis`);
      await redis.start();
      await eventually(() => {
        const [last = 0] = load.statuses.slice(-1);
        return last === 200;
      }, 15_000);
      await load.stop();
      t.notOk(load.statuses.some((status) => status >= 500 && status !== 503), 'nobody has seen anything else');
    });
  }

  await t.test('local counts on by itself while Redis is away', async (t) => {
    const redis = await startRedis(t, program);
    const { httpPort } = await startCounting(t, redis, 'local', '5/hour');
    const ask = agentClient(t, httpPort);
    const burst = async (count: number): Promise<number> => {
      let passed = 0;
      for (let i = 0; i < count; i += 1) if ((await ask({ path: '/', headers: { 'x-client': 'one' } })).status === 200) passed += 1;
      return passed;
    };
    t.equal(await burst(10), 5);
    await redis.kill();
    await eventually(async () => (await ask({ path: '/', headers: { 'x-client': 'two' } })).status === 200);
    t.equal(await burst(10), 5, 'each gateway has the whole limit for itself, and not more');
  });
}
