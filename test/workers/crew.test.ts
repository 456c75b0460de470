import t, { type Test } from 'tap';
import { CellNames } from '../../src/lib/cell-names.ts';
import { cellNames } from '../../src/gateway/route-cells.ts';
import { systemClock, type Clock } from '../../src/lib/clock.ts';
import { Crew, CELLS_MAX } from '../../src/workers/crew.ts';
import { CONNECTIONS_CELL, type GenerationPlan } from '../../src/workers/messages.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { configOf } from '../helpers/config-text.ts';
import { literalRoster, someSlotMemory } from '../helpers/literal-roster.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

interface TestCrew {
  readonly crew: Crew;
  readonly logger: MemoryLogger;
  readonly retired: readonly number[];
  readonly plan: (yaml: string) => GenerationPlan;
  /** Builds and swaps; a worker that is replaced takes it too. */
  readonly become: (plan: GenerationPlan) => Promise<void>;
  /** Swaps to what was built. */
  readonly swap: (plan: GenerationPlan) => Promise<void>;
  readonly connections: (plan: GenerationPlan) => number;
}

function startCrew(t: Test, count: number, clock: Clock = systemClock): TestCrew {
  const logger = new MemoryLogger();
  const retired: number[] = [];
  let current: GenerationPlan | null = null;
  let generation = 0;
  const crew = new Crew({
    count, clock, logger, noColor: true, slots: someSlotMemory(count), shares: [], limitKeys: 100, secret: Buffer.alloc(32),
    currentPlan: () => current, onRetired: (number) => void retired.push(number), onUncertified: () => undefined,
  });
  const names = new CellNames(CELLS_MAX, (column) => crew.cells.clearColumn(column));
  t.teardown(async () => crew.terminate());
  const swap = async (plan: GenerationPlan): Promise<void> => {
    const before = current?.generation ?? 0;
    current = plan;
    await crew.swap(plan.generation, before);
  };
  return {
    crew, logger, retired, swap,
    plan(yaml) {
      const config = configOf(`accessLog: off\nlog: { level: error }\n${yaml}`);
      generation += 1;
      return { generation, config, cellIndex: names.take([CONNECTIONS_CELL, ...cellNames(config)]), roster: literalRoster(config), tls: null };
    },
    async become(plan) {
      await crew.build(plan);
      await swap(plan);
    },
    connections: ({ cellIndex }) => crew.cells.counter(cellIndex, CONNECTIONS_CELL).total(),
  };
}

function respond(port: number, body: string, more = ''): string {
  return `listen: { http: "127.0.0.1:${port}", ${more} }\nroutes: [{ respond: { body: "${body}" } }]`;
}

async function said(port: number): Promise<string> {
  const client = await RawClient.connect({ port });
  const { text } = await client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n').readResponse();
  client.destroy();
  return text;
}

await t.test('workers share a port and the limits on connections, in all and per address', async (t) => {
  const { plan, become, connections } = startCrew(t, 2);
  const port = await freePort();
  for (const limit of ['connections: 20', 'connectionsPerAddress: 20']) {
    const first = plan(respond(port, 'x', `limits: { ${limit} }`));
    await become(first);
    const clients = await Promise.all(Array.from({ length: 60 }, async () => RawClient.connect({ port })));
    const closed: RawClient[] = [];
    for (const client of clients) void client.closed.then(() => closed.push(client));
    await eventually(() => closed.length >= 40 && connections(first) === 60 - closed.length, 5000);
    const open = 60 - closed.length;
    // Two workers that look at the same moment may both refuse; they never both admit.
    t.ok(open >= 18 && open <= 20, `${open} of 20 (${limit})`);
    for (const client of clients) client.destroy();
    await eventually(() => connections(first) === 0, 5000);
  }
});

await t.test('a worker that dies is replaced 50 ms later, its counts are gone, and the other serves meanwhile', async (t) => {
  const { crew, plan, become, connections, logger } = startCrew(t, 2);
  const port = await freePort();
  const first = plan(respond(port, 'well', 'limits: { connectionsPerAddress: 40 }'));
  await become(first);
  const clients = await Promise.all(Array.from({ length: 40 }, async () => RawClient.connect({ port })));
  await eventually(() => connections(first) === 40);
  const closed: RawClient[] = [];
  for (const client of clients) void client.closed.then(() => closed.push(client));
  const [victim] = crew.members;
  await victim?.terminate();
  await eventually(() => closed.length > 0 && connections(first) === 40 - closed.length);
  t.ok(closed.length < 40, 'connections of the other stay');
  t.equal(await said(port), 'well');
  await eventually(() => crew.members.every(({ state }) => state === 'ready'), 5000);
  t.match(logger.entries.map(({ message, fields }) => [message, fields]), [
    ['a worker died and is replaced', { worker: 1, reason: 'exit code 1', afterMs: 50 }], ['the worker is back', { worker: 1, generation: 1 }],
  ]);
  const more = await Promise.all(closed.map(async () => RawClient.connect({ port })));
  await eventually(() => connections(first) === 40);
  for (const client of [...clients, ...more]) client.destroy();
  await eventually(() => connections(first) === 0);
});

await t.test('a worker that dies again and again is started ever more slowly, and at once again when it has lived for a while', async (t) => {
  const clock = new ManualClock();
  const { crew, plan, become, logger } = startCrew(t, 1, clock);
  await become(plan(respond(await freePort(), 'x')));
  const die = async (): Promise<unknown> => {
    const before = logger.entries.length;
    await crew.members[0]?.terminate();
    const { fields } = await eventually(() => logger.entries.slice(before).find(({ message }) => message.startsWith('a worker died')));
    clock.advance(Number(fields['afterMs']) - 1);
    t.equal(crew.members[0]?.state, 'down', 'not yet');
    clock.advance(1);
    await eventually(() => crew.members[0]?.state === 'ready', 5000);
    return fields['afterMs'];
  };
  const pauses: unknown[] = [];
  for (let i = 0; i < 6; i++) pauses.push(await die());
  t.strictSame(pauses, [50, 100, 200, 250, 250, 250], 'one that has served is away for less than a second');
  clock.advance(60_001);
  t.equal(await die(), 50);
});

await t.test('one worker that cannot build stops the swap, and the others forget what they have built', async (t) => {
  const { crew, plan, become, retired } = startCrew(t, 2);
  const [port, next] = [await freePort(), await freePort()];
  await become(plan(respond(port, 'old')));
  await crew.members[1]?.terminate();
  const refused = plan(respond(next, 'new'));
  await t.rejects(crew.build(refused), { message: /^worker 2 (is down|ended)/ });
  crew.discard(refused.generation);
  await eventually(async () => said(next).then(() => false, (error: NodeJS.ErrnoException) => error.code === 'ECONNREFUSED'));
  await eventually(() => crew.members.every(({ state }) => state === 'ready'), 5000);
  await become(plan(respond(port, 'third')));
  t.equal(await said(port), 'third');
  await eventually(() => retired.includes(1));
});

await t.test('a worker that dies between build and swap takes the new generation when it is back', async (t) => {
  const { crew, plan, become, swap, retired } = startCrew(t, 2);
  const port = await freePort();
  await become(plan(respond(port, 'old')));
  const second = plan(respond(port, 'new'));
  await crew.build(second);
  await crew.members[0]?.terminate();
  await swap(second);
  await eventually(() => crew.members.every(({ state, generation }) => state === 'ready' && generation === 2), 5000);
  for (let i = 0; i < 20; i++) t.equal(await said(port), 'new');
  await eventually(() => retired.includes(1), 5000);
});

await t.test('after a drain nobody comes back', async (t) => {
  const { crew, plan, become, logger } = startCrew(t, 2);
  const port = await freePort();
  await become(plan(respond(port, 'x')));
  t.equal(await crew.drain(1000), 0);
  t.strictSame(crew.members.map(({ state }) => state), ['down', 'down']);
  t.notOk(logger.entries.some(({ message }) => message.includes('died')));
  await t.rejects(said(port), { code: 'ECONNREFUSED' });
});

await t.test('a drain does not wait for a worker that is dead', async (t) => {
  const { crew, plan, become } = startCrew(t, 2, new ManualClock());
  await become(plan(respond(await freePort(), 'x')));
  await crew.members[0]?.terminate();
  await eventually(() => crew.members[0]?.state === 'down');
  t.equal(await crew.drain(1000), 0);
});
