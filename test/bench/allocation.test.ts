import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { startLoneGateway } from '../helpers/lone-gateway.ts';
import type { RequestsOrder } from './load/requests-worker.ts';

const WARM_UP = 4000;
const REQUESTS = 2000;
const ROUNDS = 5;

/** Of what is noted, before it is a finding: versions of Node differ by less, a list copied once more per request by more. */
const BOUND = 1.25;

interface Noted {
  /** Bytes that a small GET over HTTP/1.1 takes on the JavaScript heap, from connection to connection. */
  readonly bytesPerRequest: number;
}

await t.test('a small request takes no more of the heap than was noted', async (t) => {
  const { bytesPerRequest: noted } = JSON.parse(readFileSync(new URL('allocation.json', import.meta.url), 'utf8')) as Noted;
  const worker = new Worker(new URL('load/requests-worker.ts', import.meta.url));
  t.teardown(async () => worker.terminate());
  const [targetPort] = await once(worker, 'message') as [number];
  const gateway = await startLoneGateway(t, `upstreams: { app: "127.0.0.1:${targetPort}" }\nroutes: [{ upstream: app }]`);
  const send = async (count: number): Promise<void> => {
    worker.postMessage({ port: gateway.port, count } satisfies RequestsOrder);
    await once(worker, 'message');
  };
  await send(WARM_UP);
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = allocated();
    await send(REQUESTS);
    rounds.push((allocated() - before) / REQUESTS);
  }
  // The least of the rounds: what compiling and the clock's ticks add is not the request's.
  const bytes = Math.round(Math.min(...rounds));
  t.comment(`${bytes} bytes per request, ${noted} noted`);
  t.ok(bytes <= noted * BOUND, `${bytes} bytes per request, ${noted} are noted in test/bench/allocation.json: find what is new, or note it with its reason`);
  t.ok(bytes >= noted / BOUND / BOUND, `${bytes} bytes per request are far fewer than the ${noted} in test/bench/allocation.json: note them, so that they stay`);
});

/** Bytes taken on this thread's heap since its start, whatever has been collected of them. */
function allocated(): number {
  return getHeapStatistics().total_allocated_bytes;
}
