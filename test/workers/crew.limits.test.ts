import t from 'tap';
import { CellNames } from '../../src/lib/cell-names.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { cellNames } from '../../src/gateway/route-cells.ts';
import { CELLS_MAX, Crew } from '../../src/workers/crew.ts';
import { CONNECTIONS_CELL, type GenerationPlan } from '../../src/workers/messages.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { configOf } from '../helpers/config-text.ts';
import { literalRoster, someSlotMemory } from '../helpers/literal-roster.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

async function asked(port: number): Promise<number> {
  const client = await RawClient.connect({ port });
  try {
    return (await client.write('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n').readResponse()).status;
  } finally {
    client.destroy();
  }
}

await t.test('threat: a worker that dies takes no count with it, and the one in its place goes on with it', async (t) => {
  let current: GenerationPlan | null = null;
  const crew = new Crew({
    count: 1, clock: systemClock, logger: new MemoryLogger(), noColor: true, slots: someSlotMemory(1), shares: [], limitKeys: 100, secret: Buffer.alloc(32),
    currentPlan: () => current, onRetired: () => undefined, onUncertified: () => undefined,
  });
  t.teardown(async () => crew.terminate());
  const port = await freePort();
  const config = configOf(`accessLog: off\nlog: { level: error }\nlisten: { http: "127.0.0.1:${port}" }\nroutes: [{ respond: {}, rateLimit: 3/hour }]`);
  const names = new CellNames(CELLS_MAX, (column) => crew.cells.clearColumn(column));
  current = { generation: 1, config, cellIndex: names.take([CONNECTIONS_CELL, ...cellNames(config)]), roster: literalRoster(config), tls: null };
  await crew.build(current);
  await crew.swap(1, 0);
  t.strictSame([await asked(port), await asked(port)], [200, 200]);

  const [dead] = crew.members;
  await dead?.terminate();
  await eventually(() => crew.members[0] !== dead && crew.members[0]?.state === 'ready', 5000);
  t.strictSame([await asked(port), await asked(port)], [200, 429]);
});
