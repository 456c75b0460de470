import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { RotateConfig } from '../../src/config/access-log-config.ts';
import { LogRotation } from '../../src/observe/log-rotation.ts';
import { MemoryLogger } from '../admin/sample-services.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';

const DAY_MS = 86_400_000;

function rotate(t: Test, changes: Partial<RotateConfig> = {}) {
  const dir = tempDir(t);
  const file = path.join(dir, 'access.log');
  const clock = new ManualClock();
  const logger = new MemoryLogger();
  let moves = 0;
  const rotation = new LogRotation({
    file, clock, logger, onMoved: () => { moves += 1; },
    rotate: { sizeBytes: 1000, everyMs: 0, keep: 3, totalBytes: 1_000_000, ...changes },
  });
  t.teardown(() => rotation.close());
  return { dir, file, clock, logger, rotation, moves: () => moves, old: () => readdirSync(dir).filter((name) => name !== 'access.log').toSorted() };
}

await t.test('a file that is large enough is put aside under a name with the time, and whoever writes it is told', async (t) => {
  const { file, rotation, old, moves, dir } = rotate(t);
  writeFileSync(file, 'x'.repeat(999));
  await rotation.look();
  t.strictSame([old(), moves()], [[], 0]);
  appendFileSync(file, 'x');
  await rotation.look();
  t.strictSame([old(), moves()], [['access-2026-01-01T00-00-00.000.log'], 1]);
  writeFileSync(file, 'y'.repeat(1000));
  await rotation.look();
  t.strictSame(old(), ['access-2026-01-01T00-00-00.000.log', 'access-2026-01-01T00-00-00.001.log'], 'a name that is taken is not written over');
  t.ok(readFileSync(path.join(dir, old()[0] ?? '')).every((byte) => byte === 0x78));
});

await t.test('so many are kept, the oldest go first, and files of others stay', async (t) => {
  const { file, rotation, old, clock, dir } = rotate(t, { keep: 2 });
  for (const name of ['access-old.log', 'access.log.1', 'access-2026-01-01T00-00-00.000.txt', 'error-2025-01-01T00-00-00.000.log']) writeFileSync(path.join(dir, name), '');
  for (let index = 0; index < 5; index += 1) {
    writeFileSync(file, String(index).repeat(1000));
    await rotation.look();
    clock.jumpWallClock(500);
  }
  t.strictSame(old().filter((name) => /^access-\d.*log$/.test(name)), ['access-2026-01-01T00-00-01.500.log', 'access-2026-01-01T00-00-02.000.log']);
  t.equal(old().length, 6);
});

await t.test('all files together stay within their bound, also when one grew after it was put aside', async (t) => {
  const { file, rotation, old, clock, dir } = rotate(t, { keep: 100, totalBytes: 5000 });
  const total = (): number => readdirSync(dir).reduce((sum, name) => sum + statSync(path.join(dir, name)).size, 0);
  for (let index = 0; index < 20; index += 1) {
    writeFileSync(file, 'x'.repeat(1000));
    await rotation.look();
    clock.jumpWallClock(500);
    appendFileSync(path.join(dir, old().at(-1) ?? ''), 'y'.repeat(300));
    await rotation.look();
    t.ok(total() <= 5000, `${total()}`);
  }
  writeFileSync(file, 'x'.repeat(900));
  await rotation.look();
  t.ok(total() <= 5000, 'the file that is written counts, too');
  t.ok(old().length >= 2);
});

await t.test('a file is put aside at the end of its day, by local clocks, and not while it is empty', async (t) => {
  const { file, rotation, old, clock } = rotate(t, { everyMs: DAY_MS });
  writeFileSync(file, '');
  await rotation.look();
  clock.jumpWallClock(DAY_MS);
  await rotation.look();
  t.strictSame(old(), []);
  writeFileSync(file, 'a line\n');
  utimesSync(file, clock.now() / 1000, clock.now() / 1000);
  await rotation.look();
  t.strictSame(old(), []);
  clock.jumpWallClock(DAY_MS);
  await rotation.look();
  t.equal(old().length, 1);
  writeFileSync(file, 'a line\n');
  clock.jumpWallClock(-3 * DAY_MS);
  await rotation.look();
  t.equal(old().length, 1, 'a clock that is set back ends no day');
});

await t.test('what was written on an earlier day, before the start, is put aside at once', async (t) => {
  const { file, rotation, old, clock } = rotate(t, { everyMs: DAY_MS });
  writeFileSync(file, 'yesterday\n');
  utimesSync(file, (clock.now() - 2 * DAY_MS) / 1000, (clock.now() - 2 * DAY_MS) / 1000);
  await rotation.look();
  t.equal(old().length, 1);
});

await t.test('a file that somebody removed is to be opened again; what cannot be done is said once', async (t) => {
  const { file, rotation, moves, logger, dir } = rotate(t);
  await rotation.look();
  t.equal(moves(), 1);
  rmSync(dir, { recursive: true });
  writeFileSync(dir, '');
  await rotation.look();
  await rotation.look();
  t.equal(logger.entries.filter(({ message }) => message.includes('cannot be put aside')).length, 1);
  rmSync(dir);
  mkdirSync(dir);
  writeFileSync(file, 'x'.repeat(1000));
  await rotation.look();
  t.notOk(existsSync(file));
});
