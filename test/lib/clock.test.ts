import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { systemClock } from '../../src/lib/clock.ts';

await t.test('the time of day is in milliseconds since the epoch, durations run on a clock that is never set', async (t) => {
  const before = Date.now();
  const now = systemClock.now();
  t.ok(now >= before && now <= Date.now());
  const first = systemClock.monotonicMs();
  const second = systemClock.monotonicMs();
  t.ok(second >= first);
  t.ok(Math.abs(second - performance.now()) < 1000);
});

await t.test('all threads of the process read the same time', async (t) => {
  const script = `import { parentPort } from 'node:worker_threads';
    const { systemClock } = await import(${JSON.stringify(new URL('../../src/lib/clock.ts', import.meta.url).href)});
    parentPort.postMessage(systemClock.processMs());`;
  const beforeMs = systemClock.processMs();
  const [thereMs] = (await once(new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`)), 'message')) as [number];
  const afterMs = systemClock.processMs();
  t.ok(beforeMs < thereMs && thereMs < afterMs, `${beforeMs} < ${thereMs} < ${afterMs}`);
});

await t.test('a tick comes again and again until it is stopped', async (t) => {
  let ticks = 0;
  // The clock does not keep the process alive, so something else must.
  const alive = setInterval(() => undefined, 1000);
  await new Promise<void>((resolve) => {
    const stop = systemClock.every(1, () => {
      if (++ticks < 3) return;
      stop();
      resolve();
    });
  });
  clearInterval(alive);
  t.equal(ticks, 3);
});

await t.test('a clock that ticks lets the process end', async (t) => {
  const script = `import { systemClock } from ${JSON.stringify(new URL('../../src/lib/clock.ts', import.meta.url).href)};
    systemClock.every(3_600_000, () => {});
    console.log('at the end');`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], { timeout: 5000 });
  t.equal(stdout, 'at the end\n');
});
