import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { watchFolders } from '../../../src/tls/store/folder-watch.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { eventually } from '../../helpers/wait-for.ts';
import { StoreLogger } from './conformance.ts';

function watched(t: Test, ...dirs: string[]): { clock: ManualClock; told: (stepMs: number) => Promise<unknown>; stop: () => void } {
  const clock = new ManualClock();
  let calls = 0;
  const stop = watchFolders(dirs, () => { calls++; }, { clock, logger: new StoreLogger() });
  t.teardown(stop);
  // Each wait is for a call that has not been waited for.
  let waited = 0;
  const told = async (stepMs: number): Promise<unknown> => {
    await eventually(() => { clock.advance(stepMs); return calls > waited; });
    waited = calls;
    return true;
  };
  return { clock, told, stop };
}

await t.test('a change in any of the folders is told at once', async (t) => {
  const [one, two] = [tempDir(t), tempDir(t)];
  const { clock, told } = watched(t, one, two);
  writeFileSync(path.join(two, 'a'), '1');
  t.ok(await told(100));
  writeFileSync(path.join(one, 'a'), '1');
  t.ok(await told(100));
  t.ok(clock.monotonicMs() < 30_000, 'by the kernel, not by the slow look');
});

await t.test('a folder that comes later, or is made anew, is found by the slow look and then heard at once', async (t) => {
  const dir = path.join(tempDir(t), 'later');
  const clock = new ManualClock();
  // What a call could see, for calls that come late are about changes before.
  let seen: string | null = null;
  const stop = watchFolders([dir], () => { seen = existsSync(dir) ? readdirSync(dir).join(' ') : ''; }, { clock, logger: new StoreLogger() });
  t.teardown(stop);
  const told = async (files: string, stepMs: number): Promise<boolean> => eventually(() => { clock.advance(stepMs); return seen === files; });
  for (let turn = 0; turn < 2; turn++) {
    mkdirSync(dir);
    writeFileSync(path.join(dir, 'a'), '1');
    await told('a', 30_000);
    clock.advance(30_000);
    const startMs = clock.monotonicMs();
    // The slow look may tell of the first of them, but not of all.
    for (const files of ['a b', 'a b c', 'a b c d']) {
      writeFileSync(path.join(dir, files.at(-1) ?? ''), '1');
      await told(files, 100);
    }
    t.ok(clock.monotonicMs() - startMs < 30_000, 'by the kernel');
    rmSync(dir, { recursive: true });
    await told('', 100);
  }
});

await t.test('nothing is left after the stop', async (t) => {
  const dir = tempDir(t);
  const { clock, stop } = watched(t, dir, path.join(dir, 'none'));
  stop();
  stop();
  t.equal(clock.tickers, 0);
});
