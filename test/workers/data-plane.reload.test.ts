import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { systemClock } from '../../src/lib/clock.ts';
import { DataPlane } from '../../src/workers/data-plane.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { makeCa, makeEntry, materialOf } from '../helpers/certificates.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { echoRequest, startHttpUpstream } from '../helpers/upstream.ts';
import { freePort, WorkerPlans } from '../helpers/worker-plan.ts';
import { MemoryLines } from '../observe/memory-lines.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const WARM_UP = 50;
const RELOADS = 150;
/** Per reload; a generation of these routes holds more than twenty times that. */
const GROWTH_BYTES_MAX = 10_000;

await t.test('two hundred reloads leave nothing behind, although limits and certificates change each time', async (t) => {
  const upstream = await startHttpUpstream(echoRequest);
  t.teardown(async () => upstream.close());
  const plans = new WorkerPlans();
  const logger = Object.assign(new MemoryLogger(), { setLevel: () => undefined, flush: () => undefined, dropped: 0 });
  const plane = new DataPlane(plans.init, { clock: systemClock, logger, output: new MemoryLines(), onUncertified: () => undefined });
  t.teardown(async () => plane.drain(0));
  const ca = await makeCa();
  const material = [materialOf(await makeEntry(ca, ['localhost'])), materialOf(await makeEntry(ca, ['localhost']))];
  const [port, secure] = [await freePort(), await freePort()];
  const routes = Array.from({ length: 50 }, (_, i) => `  - { path: "/${i}/*", upstream: a }`).join('\n');
  const heapAfter = async (reloads: number): Promise<number> => {
    for (let i = 0; i < reloads; i++) {
      const yaml = `
listen: { http: "127.0.0.1:${port}", https: "127.0.0.1:${secure}", limits: { connections: ${1000 + (i % 7)} } }
upstreams: { a: ["${upstream.target}", "127.0.0.1:${1 + (i % 5)}"] }
routes:
${routes}`;
      const plan = plans.next(yaml, material[i % 2]);
      await plane.build(plan);
      const client = await RawClient.connect({ port });
      await client.write('GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n').readResponse();
      const { retired } = await plane.swap(plan.generation);
      await retired;
      client.destroy();
    }
    await new Promise((resolve) => setImmediate(resolve));
    collectGarbage();
    return process.memoryUsage().heapUsed;
  };
  const before = await heapAfter(WARM_UP);
  const growth = (await heapAfter(RELOADS) - before) / RELOADS;
  t.ok(growth < GROWTH_BYTES_MAX, `${Math.round(growth)} bytes a reload`);
});
