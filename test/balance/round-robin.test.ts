import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { RoundRobin } from '../../src/balance/round-robin.ts';
import type { TargetConfig } from '../../src/config/upstream-config.ts';
import { Deadlines } from '../../src/lib/deadlines.ts';
import { createSharedCells, SharedCells } from '../../src/lib/shared-cells.ts';
import { ConnectionPool } from '../../src/upstream/pool.ts';
import { Target } from '../../src/upstream/target.ts';
import { ManualClock } from '../helpers/manual-clock.ts';

const NOW = 1_800_000_000;

function start(t: Test, count: number): { readonly targets: Target[]; readonly robin: RoundRobin; readonly cells: SharedCells; readonly index: Record<string, number> } {
  const deadlines = new Deadlines(new ManualClock(), (error) => t.fail(String(error)));
  t.teardown(() => deadlines.close());
  const index: Record<string, number> = { cursor: 0 };
  for (let i = 0; i < 2 * count; i++) index[`cell ${i}`] = i + 1;
  const cells = new SharedCells(createSharedCells(1, 2 * count + 1), 1);
  const targets = Array.from({ length: count }, (_, i) => {
    const config: TargetConfig = { name: String(i), secure: false, host: '127.0.0.1', port: 1, path: null };
    const pool = new ConnectionPool(config, { verify: true, ca: null, serverName: null }, { connectionsMax: 1, idleMs: 1, lifetimeMs: 1 }, deadlines);
    return new Target(config, pool, cells.counter(index, `cell ${2 * i}`), cells.sharedNumber(index, `cell ${2 * i + 1}`), 10_000);
  });
  return { targets, robin: new RoundRobin(targets, cells.sharedNumber(index, 'cursor')), cells, index };
}

function picks(robin: RoundRobin, count: number, tried: readonly Target[] = []): string[] {
  return Array.from({ length: count }, () => robin.pick(tried, NOW)?.config.name ?? 'none');
}

function moduleOf(path: string): string {
  return new URL(`../../src/${path}`, import.meta.url).href;
}

function shares(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

await t.test('each in turn', async (t) => {
  const { robin } = start(t, 3);
  t.strictSame(picks(robin, 7), ['0', '1', '2', '0', '1', '2', '0']);
});

await t.test('one target is always the one, none is none', async (t) => {
  t.strictSame(picks(start(t, 1).robin, 3), ['0', '0', '0']);
  t.strictSame(picks(start(t, 0).robin, 2), ['none', 'none']);
});

await t.test('a failing one is passed over, and its share goes to all others alike', async (t) => {
  const { robin, targets } = start(t, 4);
  targets[1]?.markFailed(NOW);
  t.strictSame(shares(picks(robin, 300)), { 0: 100, 2: 100, 3: 100 });
  targets[1]?.markUp();
  t.strictSame(shares(picks(robin, 400)), { 0: 100, 1: 100, 2: 100, 3: 100 });
});

await t.test('where all are failing, all are tried: a wrong suspicion must not make an upstream unreachable', async (t) => {
  const { robin, targets } = start(t, 2);
  for (const target of targets) target.markFailed(NOW);
  t.strictSame(shares(picks(robin, 10)), { 0: 5, 1: 5 });
});

await t.test('what this request has tried already is never chosen again, not even if the others are failing', async (t) => {
  const { robin, targets } = start(t, 3);
  t.strictSame(shares(picks(robin, 10, [targets[0]!])), { 1: 5, 2: 5 });
  targets[1]?.markFailed(NOW);
  t.strictSame(shares(picks(robin, 10, [targets[0]!])), { 2: 10 });
  t.strictSame(picks(robin, 1, [targets[0]!, targets[2]!]), ['1']);
  t.strictSame(picks(robin, 1, targets), ['none']);
});

await t.test('the turn goes on where the cursor passes the sign bit and where it wraps around', async (t) => {
  const { robin, cells, index } = start(t, 4);
  for (const at of [0x7ffffffe, -2]) {
    cells.sharedNumber(index, 'cursor').store(at);
    t.strictSame(picks(robin, 6), ['2', '3', '0', '1', '2', '3']);
  }
});

await t.test('several threads share one turn', async (t) => {
  const layout = createSharedCells(2, 1);
  const script = `
    import { parentPort, workerData } from 'node:worker_threads';
    const { SharedCells } = await import(workerData.cells);
    const { RoundRobin } = await import(workerData.robin);
    const targets = [0, 1, 2].map((name) => ({ name, isFailing: () => false }));
    const robin = new RoundRobin(targets, new SharedCells(workerData.layout, workerData.worker).sharedNumber({ cursor: 0 }, 'cursor'));
    const counts = [0, 0, 0];
    for (let i = 0; i < 9000; i++) counts[robin.pick([], 0).name] += 1;
    parentPort.postMessage(counts);`;
  const counts = await Promise.all([1, 2].map(async (worker) => {
    const workerData = { layout, worker, cells: moduleOf('lib/shared-cells.ts'), robin: moduleOf('balance/round-robin.ts') };
    const thread = new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), { workerData });
    const [message] = (await once(thread, 'message')) as [number[]];
    return message;
  }));
  t.strictSame([0, 1, 2].map((name) => counts[0]![name]! + counts[1]![name]!), [6000, 6000, 6000]);
});
