import { mkdirSync, renameSync, rmSync, utimesSync, type watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { FileReading } from '../../src/config/file-reading.ts';
import { ConfigWatch } from '../../src/workers/config-watch.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually, unmoved } from '../helpers/wait-for.ts';

function start(t: Test, watchPlace?: typeof watch) {
  const dir = tempDir(t);
  const file = path.join(dir, 'gateway.yaml');
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  let calls = 0;
  const watcher = new ConfigWatch({ clock, logger, onChange: () => { calls += 1; }, ...(watchPlace === undefined ? {} : { watchPlace }) });
  t.teardown(() => watcher.close());
  /** As a reload does it. */
  const read = (isOn = true): void => {
    const reading = new FileReading();
    try {
      reading.read(file);
    } catch {
      // That there is none is what was found.
    }
    watcher.use(reading.found, isOn);
  };
  const called = async (meanwhile = (): void => undefined): Promise<number> => {
    await eventually(() => {
      meanwhile();
      clock.advance(50);
      return calls > 0;
    }, 20_000);
    return calls;
  };
  const callsAfter = async (ms: number): Promise<number> => {
    for (let passed = 0; passed < ms; passed += 50) clock.advance(50);
    await unmoved(() => {
      clock.advance(50);
      return calls;
    });
    return calls;
  };
  return { dir, file, clock, logger, watcher, read, called, callsAfter };
}

await t.test('another content is told, be it of a file that was right, wrong or missing', async (t) => {
  const { dir, file, watcher, read, called } = start(t);
  mkdirSync(path.join(dir, 'sub'));
  const steps = [() => writeFileSync(file, '1'), () => writeFileSync(file, '2'), () => rmSync(file), () => writeFileSync(file, '3')];
  for (const step of steps) {
    read();
    step();
    t.ok(await called());
    t.strictSame(watcher.changed, [file]);
    read();
    t.strictSame(watcher.changed, []);
  }
});

await t.test('a touch, the same content in another file, and a content that was read already are no change', async (t) => {
  const { file, read, callsAfter } = start(t);
  writeFileSync(file, 'same');
  read();
  utimesSync(file, 1, 1);
  t.equal(await callsAfter(6000), 0);
  writeFileSync(`${file}.new`, 'same');
  renameSync(`${file}.new`, file);
  t.equal(await callsAfter(6000), 0);
  writeFileSync(file, 'other');
  read();
  t.equal(await callsAfter(6000), 0, 'it was read before the watch had come to it');
});

await t.test('what changes while a start or reload is in work is found afterwards', async (t) => {
  const { file, watcher, called } = start(t);
  writeFileSync(file, 'read');
  const reading = new FileReading();
  reading.read(file);
  writeFileSync(file, 'too late to be read');
  watcher.use(reading.found, true);
  t.ok(await called());
});

await t.test('switched off it watches nothing, and switched on it finds what has changed meanwhile', async (t) => {
  const { file, clock, read, called, callsAfter } = start(t);
  writeFileSync(file, '1');
  read(false);
  writeFileSync(file, '2');
  t.equal(await callsAfter(6000), 0);
  t.equal(clock.tickers, 0);
  read(true);
  writeFileSync(file, '3');
  t.ok(await called());
});

await t.test('where the system cannot watch, the log says so and changes are seen all the same', async (t) => {
  const { file, logger, read, called } = start(t, () => {
    throw Object.assign(new Error('watch ENOSPC'), { code: 'ENOSPC' });
  });
  writeFileSync(file, '1');
  read();
  writeFileSync(file, '2');
  t.ok(await called());
  t.match(logger.entries, [{ level: 'warn', message: /5 s late/, fields: { reason: /max_user_watches/ } }]);
  t.equal(logger.entries.length, 1);
});

await t.test('a file that is being written is waited for, though not for ever', async (t) => {
  const { file, clock, read, called, callsAfter } = start(t);
  writeFileSync(file, '1');
  read();
  await callsAfter(6000);
  const beganMs = clock.monotonicMs();
  writeFileSync(file, '');
  const calls = await called(() => utimesSync(file, clock.now() / 1000, clock.now() / 1000));
  t.equal(calls, 1);
  const waitedMs = clock.monotonicMs() - beganMs;
  t.ok(waitedMs > 1500 && waitedMs < 5000, `${waitedMs} ms`);
});
