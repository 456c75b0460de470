// A question to the memory of rate limits: node test/bench/micro/gcra-cell.bench.ts
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../../src/lib/clock.ts';
import type { LimitWindow } from '../../../src/policy/rate-limit/limit-store.ts';
import { createLimitMemory } from '../../../src/policy/rate-limit/limit-table.ts';
import { MemoryStore } from '../../../src/policy/rate-limit/memory-store.ts';
import type { LimitTaker } from '../load/limit-worker.ts';
import { inTurn, micro } from '../micro-bench.ts';

const KEYS = 65_536;
const HOUR_MS = 3_600_000;

/** More than can be taken in the time of a measurement, so that every request passes. */
const MANY = 1e9;

const ONE: readonly LimitWindow[] = [{ requests: MANY, periodMs: 1000, burst: MANY - 1 }];
const THREE: readonly LimitWindow[] = [...ONE, { requests: MANY, periodMs: 60_000, burst: MANY - 1 }, { requests: MANY, periodMs: HOUR_MS, burst: MANY - 1 }];
const FULL: readonly LimitWindow[] = [{ requests: 1, periodMs: HOUR_MS, burst: 0 }];

function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `q7Zt0aB3kLm a:203.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
}

for (const [what, count, windows] of [
  ['one key, one window', 1, ONE],
  ['one key, three windows', 1, THREE],
  ['one key, refused', 1, FULL],
  ['1,000 keys', 1000, ONE],
  ['65,536 keys', KEYS, ONE],
  ['1,000,000 keys, most of them in full sets', 1_000_000, FULL],
] as const) {
  const store = new MemoryStore(createLimitMemory(KEYS, systemClock.processMs()), 1, systemClock);
  await micro(what, (key: string) => store.take({ key, windows }), { input: inTurn(keysOf(count)) });
}

/** While another thread asks without a pause. */
for (const [what, key] of [['another thread takes of the same key', 'mine'], ['another thread takes of its own key', 'its']] as const) {
  const memory = createLimitMemory(KEYS, systemClock.processMs());
  const other = new Worker(new URL('../load/limit-worker.ts', import.meta.url), { workerData: { memory, key, windows: ONE } satisfies LimitTaker });
  await once(other, 'message');
  const store = new MemoryStore(memory, 1, systemClock);
  await micro(what, () => store.take({ key: 'mine', windows: ONE }));
  await other.terminate();
}
