// Nanoseconds per question to the memory of rate limits: node test/bench/micro/limit-take.bench.ts
import { performance } from 'node:perf_hooks';
import { systemClock } from '../../../src/lib/clock.ts';
import type { LimitWindow } from '../../../src/policy/rate-limit/limit-store.ts';
import { createLimitMemory } from '../../../src/policy/rate-limit/limit-table.ts';
import { MemoryStore } from '../../../src/policy/rate-limit/memory-store.ts';
import { inThreads } from '../../policy/rate-limit/limit-threads.ts';

const TAKES = 200_000;
const ROUNDS = 7;
const HOUR_MS = 3_600_000;

const ONE: readonly LimitWindow[] = [{ requests: 1_000_000, periodMs: 1000, burst: 999_999 }];
const THREE: readonly LimitWindow[] = [...ONE, { requests: 1_000_000, periodMs: 60_000, burst: 999_999 }, { requests: 1_000_000, periodMs: HOUR_MS, burst: 999_999 }];
const FULL: readonly LimitWindow[] = [{ requests: 1, periodMs: HOUR_MS, burst: 0 }];

function keysOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `q7Zt0aB3kLm a:203.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
}

function measureNs(keys: readonly string[], windows: readonly LimitWindow[]): number {
  const store = new MemoryStore(createLimitMemory(65_536, systemClock.processMs()), 1, systemClock);
  return median(Array.from({ length: ROUNDS }, () => {
    const startMs = performance.now();
    for (let i = 0; i < TAKES; i += 1) store.take({ key: keys[i % keys.length] ?? '', windows });
    return ((performance.now() - startMs) * 1e6) / TAKES;
  }));
}

for (const [name, keys, windows] of [
  ['one key, one window', 1, ONE],
  ['one key, three windows', 1, THREE],
  ['one key, refused', 1, FULL],
  ['1,000 keys', 1000, ONE],
  ['65,536 keys', 65_536, ONE],
  ['1,000,000 keys, most of them in full sets', 1_000_000, FULL],
] as const) {
  console.log(name.padEnd(48), `${measureNs(keysOf(keys), windows).toFixed(0)} ns`.padStart(10));
}

const memory = createLimitMemory(65_536, systemClock.processMs());
const body = (key: string): string => `
  const startMs = performance.now();
  for (let i = 0; i < ${TAKES}; i += 1) store.take({ key: ${key}, windows: [windowOf(1_000_000, 1000)] });
  result = Math.round(((performance.now() - startMs) * 1e6) / ${TAKES});`;
console.log('two threads, one key'.padEnd(48), `${(await inThreads(memory, 2, body("'same'"))).join(', ')} ns`.padStart(10));
console.log('two threads, a key each'.padEnd(48), `${(await inThreads(memory, 2, body("'key ' + worker"))).join(', ')} ns`.padStart(10));
