// A thread that takes of a rate limit without a pause until it is ended, so that others find the memory in use.
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../../src/lib/clock.ts';
import type { LimitWindow } from '../../../src/policy/rate-limit/limit-store.ts';
import type { LimitMemory } from '../../../src/policy/rate-limit/limit-table.ts';
import { MemoryStore } from '../../../src/policy/rate-limit/memory-store.ts';

export interface LimitTaker {
  readonly memory: LimitMemory;
  readonly key: string;
  readonly windows: readonly LimitWindow[];
}

const { memory, key, windows } = workerData as LimitTaker;
const store = new MemoryStore(memory, 2, systemClock);
parentPort?.postMessage('begins');
for (;;) store.take({ key, windows });
