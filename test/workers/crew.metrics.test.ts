import t from 'tap';
import { CellNames } from '../../src/lib/cell-names.ts';
import { cellNames } from '../../src/gateway/route-cells.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { Crew, CELLS_MAX } from '../../src/workers/crew.ts';
import { CONNECTIONS_CELL, type GenerationPlan } from '../../src/workers/messages.ts';
import { MetricsCollector } from '../../src/workers/metrics-collector.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { configOf } from '../helpers/config-text.ts';
import { literalRoster, someSlotMemory } from '../helpers/literal-roster.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';
import { flat } from '../observe/metrics/sample-measured.ts';

await t.test('when a worker dies, what it had told stays, and its successor goes on from there', async (t) => {
  const port = await freePort();
  const config = configOf(`accessLog: off\nlog: { level: error }\nlisten: { http: "127.0.0.1:${port}" }\nroutes: [{ name: r, respond: {} }]`);
  let current: GenerationPlan | null = null;
  const crew = new Crew({
    count: 1, clock: systemClock, logger: new MemoryLogger(), noColor: true, slots: someSlotMemory(1), shares: [], limitKeys: 100, secret: Buffer.alloc(32),
    currentPlan: () => current, onRetired: () => undefined, onUncertified: () => undefined,
  });
  t.teardown(async () => crew.terminate());
  const cellIndex = new CellNames(CELLS_MAX, (column) => crew.cells.clearColumn(column)).take([CONNECTIONS_CELL, ...cellNames(config)]);
  const plan = { generation: 1, config, cellIndex, roster: literalRoster(config), tls: null };
  const collector = new MetricsCollector({
    clock: systemClock, version: '1', crew, fleet: { status: () => [], breakers: () => [] }, plan: () => plan, isReady: () => true, certificates: () => [],
  });
  t.teardown(() => collector.close());
  current = plan;
  await crew.build(plan);
  await crew.swap(1, 0);
  const told = async (name: string): Promise<number> => {
    await collector.answer('');
    return flat(collector.samples())[name]?.[0] ?? -1;
  };
  const total = async (): Promise<number> => told('sluice_http_requests_total r|GET|200|2xx|');
  const ask = async (): Promise<void> => {
    const client = await RawClient.connect({ port });
    await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').readResponse();
    client.destroy();
  };
  for (let i = 0; i < 5; i += 1) await ask();
  await eventually(async () => await total() === 5);
  await crew.members[0]?.terminate();
  t.strictSame([await total(), await told('sluice_worker_up 1'), await told('sluice_http_requests_in_flight')], [5, 0, 0]);
  t.equal(await told('sluice_worker_heap_used_bytes 1'), -1);
  await eventually(() => crew.members[0]?.state === 'ready', 10_000);
  for (let i = 0; i < 3; i += 1) await ask();
  await eventually(async () => await total() === 8);
  t.strictSame([await told('sluice_worker_restarts_total'), await told('sluice_worker_up 1')], [1, 1]);
});
