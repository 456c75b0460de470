// Processor time for 10 KB of JSON compressed at once, against the same in the thread pool: node test/bench/micro/compression.bench.ts
import { encodingOf } from '../../../src/policy/compress/encoding.ts';
import { micro } from '../micro-bench.ts';

const LEVELS = { gzip: 5, br: 4, zstd: 3 } as const;
/** The system tells the time of a process as it is, that of a thread in steps of some milliseconds. */
const OF_PROCESS = { clock: () => nanoseconds(process.cpuUsage()), batch: 256 };
const OF_THREAD = { clock: () => nanoseconds(process.threadCpuUsage()), batch: 2048 };

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

function nanoseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) * 1000;
}

for (const name of ['gzip', 'br', 'zstd'] as const) {
  const encoding = encodingOf(name, LEVELS[name]);
  await micro(`${name}, at once, in this thread`, () => encoding.whole(body), OF_PROCESS);
  await micro(`${name}, in the thread pool`, async () => piecewise(encoding), OF_PROCESS);
  await micro(`${name}, in the thread pool: the share of this thread`, async () => piecewise(encoding), OF_THREAD);
}
