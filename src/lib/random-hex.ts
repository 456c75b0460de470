import { randomFillSync } from 'node:crypto';

/** Asked of the system at once: one call for each id would cost ten times as much (test/bench/micro/trace.bench.ts). */
const POOL_BYTES = 4096;

const bytes = Buffer.alloc(POOL_BYTES);
let pool = '';
let used = 0;

/** Random lower-case hexadecimal digits from the generator of the system, each of them given out once. @param digits up to 8192. */
export function randomHex(digits: number): string {
  if (used + digits > pool.length) {
    pool = randomFillSync(bytes).toString('hex');
    used = 0;
  }
  used += digits;
  return pool.slice(used - digits, used);
}
