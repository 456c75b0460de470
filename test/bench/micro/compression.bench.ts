// 10 KB of JSON compressed at once, against the same in the thread pool: node test/bench/micro/compression.bench.ts
import { encodingOf } from '../../../src/policy/compress/encoding.ts';

const ROUNDS = 10;
const CALLS = 200;
const LEVELS = { gzip: 5, br: 4, zstd: 3 } as const;

const rows = Array.from({ length: 80 }, (_, i) => ({
  id: (i * 7919) % 10_007, name: `user ${(i * 31) % 997}`, email: `u${(i * 13) % 499}@example.com`, active: i % 3 === 0, score: (i * 0.37).toFixed(3), created: new Date(1.7e12 + i * 1e8).toISOString(),
}));
const body = Buffer.from(JSON.stringify(rows));

async function piecewise(encoding: ReturnType<typeof encodingOf>): Promise<void> {
  const encoder = encoding.start(body.length, false);
  encoder.on('data', () => undefined);
  const ended = new Promise((resolve) => { encoder.once('end', resolve); });
  encoder.end(body);
  await ended;
}

/** Microseconds per call in the quickest round: of the processor in all, and of this thread. */
async function measure(call: () => unknown): Promise<string> {
  let cpu = Infinity;
  let loop = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const usage = process.cpuUsage();
    const own = process.threadCpuUsage();
    for (let i = 0; i < CALLS; i++) await call();
    const used = process.cpuUsage(usage);
    const usedHere = process.threadCpuUsage(own);
    cpu = Math.min(cpu, (used.user + used.system) / CALLS);
    loop = Math.min(loop, (usedHere.user + usedHere.system) / CALLS);
  }
  return `${cpu.toFixed(0)} µs of the processor, ${loop.toFixed(0)} µs of it in this thread`;
}

for (const name of ['gzip', 'br', 'zstd'] as const) {
  const encoding = encodingOf(name, LEVELS[name]);
  console.log(`${name}: ${body.length} bytes become ${encoding.whole(body).length}`);
  console.log(`${name}, at once:            ${await measure(() => encoding.whole(body))}`);
  console.log(`${name}, in the thread pool: ${await measure(async () => piecewise(encoding))}`);
}
