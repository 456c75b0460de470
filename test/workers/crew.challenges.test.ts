import t from 'tap';
import { CellNames } from '../../src/lib/cell-names.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { cellNames } from '../../src/gateway/route-cells.ts';
import { Crew, CELLS_MAX } from '../../src/workers/crew.ts';
import { CONNECTIONS_CELL, type GenerationPlan } from '../../src/workers/messages.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { makeCa, makeEntry, materialOf } from '../helpers/certificates.ts';
import { configOf } from '../helpers/config-text.ts';
import { literalRoster, someSlotMemory } from '../helpers/literal-roster.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const ANSWERS = { http: [{ host: 'app.example.com', token: 'abc', keyAuthorization: 'abc.def' }], alpn: [] };

async function asked(port: number, path = '/.well-known/acme-challenge/abc', host = 'app.example.com'): Promise<string> {
  const client = await RawClient.connect({ port });
  const { status, text } = await client.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`).readResponse();
  client.destroy();
  return `${status} ${text}`;
}

await t.test('when challenges are acknowledged every worker answers them, and so does one that is replaced; names come back', async (t) => {
  let current: GenerationPlan | null = null;
  const told: string[] = [];
  const crew = new Crew({
    count: 2, clock: systemClock, logger: new MemoryLogger(), noColor: true, slots: someSlotMemory(2), shares: [], limitKeys: 100, secret: Buffer.alloc(32), currentPlan: () => current, onRetired: () => undefined,
    onUncertified: (names) => void told.push(...names),
  });
  t.teardown(async () => crew.terminate());
  const [port, secure] = [await freePort(), await freePort()];
  const config = configOf(`accessLog: off\nlog: { level: error }\nlisten: { http: "127.0.0.1:${port}", https: "127.0.0.1:${secure}" }\nroutes: [{ respond: { body: x }, https: both }]`);
  const names = new CellNames(CELLS_MAX, (column) => crew.cells.clearColumn(column));
  const tls = { ...materialOf(await makeEntry(await makeCa(), ['localhost'])), onDemand: { allow: ['*.example.com'], refuse: false } };
  current = { generation: 1, config, cellIndex: names.take([CONNECTIONS_CELL, ...cellNames(config)]), roster: literalRoster(config), tls };
  await crew.build(current);
  await crew.swap(1, 0);

  t.equal(await asked(port), '200 x', 'a path like any other, as long as nothing is open');
  await crew.useChallenges(ANSWERS);
  for (let i = 0; i < 10; i++) t.equal(await asked(port), '200 abc.def');
  t.equal(await asked(port, '/.well-known/acme-challenge/other'), '200 x');

  await crew.members[0]?.terminate();
  await eventually(() => crew.members.every(({ state }) => state === 'ready'), 5000);
  for (let i = 0; i < 10; i++) t.equal(await asked(port), '200 abc.def');

  const client = await RawClient.connect({ port: secure, tls: { servername: 'new.example.com', rejectUnauthorized: false } });
  client.destroy();
  await eventually(() => told.length > 0);
  t.strictSame(told, ['new.example.com']);
  await crew.useChallenges({ http: [], alpn: [] });
  t.equal(await asked(port), '200 x');
});
