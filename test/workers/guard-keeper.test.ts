import t, { type Test } from 'tap';
import type { GenerationVerdict } from '../../src/admin/generation-history.ts';
import type { GuardSnapshot, RouteCounts } from '../../src/workers/guard-counts.ts';
import { GuardKeeper, type InForce, type Return } from '../../src/workers/guard-keeper.ts';
import { loadText } from '../helpers/config-text.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { eventually } from '../helpers/wait-for.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { routeCounts } from './sample-counts.ts';

class FakeWorker {
  readonly number: number;
  state: 'ready' | 'down' = 'ready';
  generation = 1;
  counted: RouteCounts[] = [];
  /** What it was asked: whether a trial goes on. */
  readonly asked: boolean[] = [];

  constructor(number: number) {
    this.number = number;
  }

  async guardCounts(isOnTrial: boolean): Promise<{ readonly snapshot: GuardSnapshot | null }> {
    this.asked.push(isOnTrial);
    if (this.state === 'down') throw new Error('it has ended');
    return { snapshot: { generation: this.generation, ended: this.counted.splice(0), open: [] } };
  }
}

const GOOD = routeCounts('a', { requests: 50 });
const BAD = routeCounts('a', { requests: 50, errors: 50 });

function start(t: Test, guard = '10s') {
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  const workers = [new FakeWorker(1), new FakeWorker(2)];
  const verdicts: [number, GenerationVerdict, Return | null][] = [];
  const wentBack: [to: number, instead: number][] = [];
  const way = { back: async (): Promise<number | null> => 99 };
  const keeper = new GuardKeeper({
    clock, logger, members: () => workers,
    goBack: async (to, instead) => {
      wentBack.push([to.generation, instead]);
      return way.back();
    },
    onVerdict: (generation, verdict, back) => verdicts.push([generation, verdict, back]),
  });
  t.teardown(() => keeper.close());
  const inForce = (generation: number, option = guard): InForce => ({ generation, ...loadText(`reload: { guard: ${option} }\nroutes: [{ name: a, respond: {} }]`) });
  keeper.begin(inForce(1));
  return {
    clock, logger, workers, verdicts, wentBack, way, keeper,
    count: (counts: RouteCounts) => workers[0]!.counted.push(counts),
    /** As a reload does it. */
    become: async (generation: number, option = guard): Promise<number> => {
      await keeper.lastCounts();
      for (const worker of workers) worker.generation = generation;
      return keeper.replaced(inForce(generation, option));
    },
    /** So many seconds, with everybody's answers in between. */
    pass: async (seconds: number): Promise<void> => {
      for (let i = 0; i < seconds; i += 1) {
        clock.advance(1000);
        let turns = 0;
        await eventually(() => ++turns > 5);
      }
    },
  };
}

await t.test('a generation that is worse goes back to the one before, and says why', async (t) => {
  const { become, count, pass, verdicts, wentBack, logger, keeper } = start(t);
  count(GOOD);
  t.equal(await become(2), 10_000);
  const verdict = keeper.verdict(2);
  count(BAD);
  await pass(2);
  t.strictSame(wentBack, [[1, 2]]);
  t.match(await verdict, { outcome: 'rolled_back', reason: /^route a: 50 of 50/ });
  t.match(verdicts, [[2, { outcome: 'rolled_back' }, { generation: 99 }]]);
  t.match(logger.entries.map(({ level, message, fields }) => [level, message, fields]), [
    ['error', 'the new configuration is worse and is taken back', { generation: 2, reason: /upstream_connect_failed/ }],
    ['info', 'the configuration before is in force again', { generation: 99, sameAs: 1 }],
  ]);
});

await t.test('a generation that is as good is kept when the time is over', async (t) => {
  const { become, count, pass, verdicts, wentBack, workers, logger } = start(t);
  count(GOOD);
  await become(2);
  count(GOOD);
  await pass(9);
  t.strictSame(verdicts, []);
  await pass(1);
  t.match([verdicts, wentBack], [[[2, { outcome: 'kept', reason: '' }, null]], []]);
  t.match(logger.entries, [{ level: 'info', message: 'the new configuration is kept', fields: { generation: 2, routesJudged: 1 } }]);
  workers[1]!.asked.splice(0);
  await pass(20);
  t.strictSame(workers[1]!.asked, [false, false], 'from then on workers are asked every ten seconds');
});

await t.test('what came back is what the next one is compared with', async (t) => {
  const { become, count, pass, wentBack, workers } = start(t);
  count(GOOD);
  await become(2);
  count(BAD);
  await pass(2);
  for (const worker of workers) worker.generation = 99;
  await become(100);
  count(BAD);
  await pass(2);
  t.strictSame(wentBack, [[1, 2], [99, 100]]);
});

await t.test('a reload while another is on trial goes back to what was there before both', async (t) => {
  const { become, count, pass, verdicts, wentBack, keeper } = start(t);
  count(GOOD);
  await become(2);
  const first = keeper.verdict(2);
  count(routeCounts('a', { requests: 10, errors: 10 }));
  await pass(1);
  await become(3);
  t.match(await first, { outcome: 'replaced' });
  count(BAD);
  await pass(2);
  t.strictSame(wentBack, [[1, 3]]);
  t.match(verdicts.map(([generation, { outcome }]) => [generation, outcome]), [[2, 'replaced'], [3, 'rolled_back']]);
});

await t.test('a reload that comes before the way back is gone is a trial of its own', async (t) => {
  const { become, count, pass, verdicts, way, wentBack } = start(t);
  const reloaded = Promise.withResolvers<null>();
  way.back = async () => reloaded.promise;
  count(GOOD);
  await become(2);
  count(BAD);
  await pass(2);
  await become(3);
  reloaded.resolve(null);
  count(GOOD);
  await pass(11);
  t.strictSame(wentBack, [[1, 2]]);
  t.match(verdicts.map(([generation, { outcome }]) => [generation, outcome]), [[2, 'replaced'], [3, 'kept']]);
});

await t.test('where the way back is blocked the new one stays, and that is said', async (t) => {
  const { become, count, pass, verdicts, way, logger } = start(t);
  way.back = async () => Promise.reject(new Error('the certificate is gone'));
  count(GOOD);
  await become(2);
  count(BAD);
  await pass(12);
  t.match(verdicts, [[2, { outcome: 'stuck', reason: /50 of 50.*cannot come back: the certificate is gone$/ }, null]]);
  t.ok(logger.entries.some(({ level, message }) => level === 'error' && message.includes('cannot come back')));
});

await t.test('without a guard nobody is asked, and nothing is taken back', async (t) => {
  const { become, count, pass, verdicts, workers, keeper } = start(t, 'off');
  t.equal(await become(2), 0);
  count(BAD);
  await pass(30);
  t.strictSame([workers[0]!.asked, verdicts], [[], []]);
  t.match(await keeper.verdict(2), { outcome: 'replaced' });
});

await t.test('the first configuration with a guard has nothing to be compared with, and is kept', async (t) => {
  const { become, count, pass, verdicts } = start(t, 'off');
  t.equal(await become(2, '10s'), 10_000);
  count(BAD);
  await pass(11);
  t.match(verdicts, [[2, { outcome: 'kept' }, null]]);
});

await t.test('counts of another generation, and of workers that are gone, do not count', async (t) => {
  const { become, count, pass, verdicts, workers } = start(t);
  count(GOOD);
  await become(2);
  workers[0]!.generation = 1;
  count(BAD);
  workers[1]!.state = 'down';
  workers[1]!.asked.splice(0);
  await pass(11);
  t.match(verdicts, [[2, { outcome: 'kept' }, null]]);
  t.strictSame(workers[1]!.asked, []);
});

await t.test('whoever waits for a verdict is not left waiting at the end', async (t) => {
  const { become, keeper, clock } = start(t);
  await become(2);
  const verdict = keeper.verdict(2);
  keeper.close();
  t.match(await verdict, { outcome: 'replaced' });
  t.equal(clock.tickers, 0);
});
