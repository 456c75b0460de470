import t, { type Test } from 'tap';
import { cellNames } from '../../src/gateway/route-cells.ts';
import { CellNames } from '../../src/lib/cell-names.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { CELLS_MAX, Crew } from '../../src/workers/crew.ts';
import { CONNECTIONS_CELL, type GenerationPlan } from '../../src/workers/messages.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { configOf } from '../helpers/config-text.ts';
import { literalRoster, someSlotMemory } from '../helpers/literal-roster.ts';
import { RawClient } from '../helpers/raw-client.ts';
import { eventually } from '../helpers/wait-for.ts';
import { freePort } from '../helpers/worker-plan.ts';

const CLIENTS = 16;
const DEATHS = 6;
const LIMIT = 1500;
const DAY_MS = 86_400_000;
/** Between two deaths. */
const REQUESTS = 150;

interface Ask {
  readonly path: string;
  /** 0: no answer. */
  readonly status: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Clients that ask again and again, each on its own connection, and come back when that is cut. */
class Clients {
  readonly asked: Ask[] = [];
  readonly #port: number;
  #isOver = false;
  readonly #done: Promise<unknown>;

  constructor(port: number) {
    this.#port = port;
    this.#done = Promise.all(Array.from({ length: CLIENTS }, async (_, index) => this.#run(index % 2 === 0 ? '/free' : '/limited')));
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#done;
  }

  async #run(path: string): Promise<void> {
    let client: RawClient | null = null;
    while (!this.#isOver) {
      const fromMs = performance.now();
      try {
        client ??= await this.#connect((cut) => {
          if (client === cut) client = null;
        });
        const { status } = await client.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`).readResponse();
        this.asked.push({ path, status, fromMs, toMs: performance.now() });
      } catch {
        this.asked.push({ path, status: 0, fromMs, toMs: performance.now() });
        client?.destroy();
        client = null;
      }
    }
    client?.destroy();
  }

  async #connect(onCut: (client: RawClient) => void): Promise<RawClient> {
    const client = await RawClient.connect({ port: this.#port });
    void client.closed.then(() => onCut(client));
    return client;
  }
}

async function startCrew(t: Test, port: number): Promise<{ readonly crew: Crew; readonly logger: MemoryLogger; readonly plan: GenerationPlan }> {
  const logger = new MemoryLogger();
  let plan: GenerationPlan | null = null;
  const crew = new Crew({
    count: 2, clock: systemClock, logger, noColor: true, slots: someSlotMemory(2), shares: [], limitKeys: 100, secret: Buffer.alloc(32),
    currentPlan: () => plan, onRetired: () => undefined, onUncertified: () => undefined,
  });
  t.teardown(async () => crew.terminate());
  const config = configOf(`accessLog: off
log: { level: error }
listen: { http: "127.0.0.1:${port}" }
routes:
  - { path: /free, respond: {} }
  - { path: /limited, respond: {}, rateLimit: { limits: ["${LIMIT}/day"], key: global } }`);
  const names = new CellNames(CELLS_MAX, (column) => crew.cells.clearColumn(column));
  plan = { generation: 1, config, cellIndex: names.take([CONNECTIONS_CELL, ...cellNames(config)]), roster: literalRoster(config), tls: null };
  await crew.build(plan);
  await crew.swap(1, 0);
  return { crew, logger, plan };
}

await t.test('threat: a worker that dies again and again under load fails what it has in its hands and nothing else, and limits stay exact', async (t) => {
  const port = await freePort();
  const { crew, logger, plan } = await startCrew(t, port);
  const startedMs = performance.now();
  const clients = new Clients(port);
  const deaths: { readonly fromMs: number; readonly toMs: number }[] = [];
  const awayMs: number[] = [];
  for (let death = 0; death < DEATHS; death += 1) {
    const enough = clients.asked.length + REQUESTS;
    await eventually(() => clients.asked.length >= enough, 20_000);
    const victim = crew.members[0]!;
    const fromMs = performance.now();
    await victim.terminate();
    await victim.ended;
    deaths.push({ fromMs, toMs: performance.now() });
    await eventually(() => crew.members[0] !== victim && crew.members[0]?.state === 'ready', 20_000);
    awayMs.push(Math.round(performance.now() - fromMs));
  }
  await eventually(() => clients.asked.some(({ status }) => status === 429), 30_000);
  await clients.end();

  const { asked } = clients;
  const failed = asked.filter(({ status }) => status !== 200 && status !== 429);
  t.comment(`${asked.length} requests, ${failed.length} failed in ${DEATHS} deaths, away for ${awayMs.join(', ')} ms`);
  const unexplained = failed.filter(({ fromMs, toMs }) => !deaths.some((death) => fromMs <= death.toMs && toMs >= death.fromMs));
  t.strictSame(unexplained, [], 'what failed was in work when a worker died');
  t.ok(failed.length <= DEATHS * CLIENTS, 'no client lost more than one request to a death');

  const limited = asked.filter(({ path }) => path === '/limited');
  const served = limited.filter(({ status }) => status === 200).length;
  const lost = limited.filter(({ status }) => status === 0).length;
  const refilled = Math.ceil(((performance.now() - startedMs) / DAY_MS) * LIMIT);
  t.ok(served <= LIMIT + refilled && served + lost >= LIMIT, `${served} served and ${lost} lost of ${LIMIT}`);

  const pauses = logger.entries.filter(({ message }) => message.startsWith('a worker died')).map(({ fields }) => Number(fields['afterMs']));
  t.strictSame(pauses, [50, 100, 200, 250, 250, 250]);
  await eventually(() => crew.cells.counter(plan.cellIndex, CONNECTIONS_CELL).total() === 0, 20_000);
  t.pass('every connection is given back');
});
