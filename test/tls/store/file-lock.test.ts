import { hostname } from 'node:os';
import path from 'node:path';
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { takeFileLock } from '../../../src/tls/store/file-lock.ts';
import { StoreFolder } from '../../../src/tls/store/store-folder.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { StoreLogger } from './conformance.ts';

/** Does something in the middle of another's step, just before or after a lock file is made. */
class InterruptedFolder extends StoreFolder {
  before: () => Promise<void> = async () => undefined;
  after: () => Promise<void> = async () => undefined;

  override async create(name: string, text: string): Promise<boolean> {
    await this.before();
    const created = await super.create(name, text);
    await this.after();
    return created;
  }
}

function makeFolder(t: Test): { folder: InterruptedFolder; clock: ManualClock; logger: StoreLogger } {
  const [clock, logger] = [new ManualClock(), new StoreLogger()];
  return { folder: new InterruptedFolder(tempDir(t), { clock, logger }), clock, logger };
}

await t.test('a lock says whose it is and how long', async (t) => {
  const { folder, clock } = makeFolder(t);
  await takeFileLock(folder, 'a.test', 60_000, clock);
  const entry: unknown = JSON.parse(readFileSync(path.join(folder.dir, 'a.test.1.lock'), 'utf8'));
  t.match(entry, { host: hostname(), pid: process.pid, expires: '2026-01-01T00:01:00.000Z', expiresAtMs: clock.now() + 60_000 });
});

await t.test('nothing is left of a lock that was released, nor of dead ones once another was taken', async (t) => {
  const { folder, clock } = makeFolder(t);
  const lock = await takeFileLock(folder, 'a.test', 1000, clock);
  await lock?.release();
  t.strictSame(await folder.names(''), []);
  for (let turn = 0; turn < 3; turn++) {
    t.ok(await takeFileLock(folder, 'a.test', 1000, clock));
    clock.advance(2000);
  }
  t.strictSame(await folder.names(''), ['a.test.3.lock']);
});

await t.test('names that look alike do not share a lock', async (t) => {
  const { folder, clock } = makeFolder(t);
  for (const id of ['a', 'a.1', 'a.1.lock', '*.a', '_.a']) t.ok(await takeFileLock(folder, id, 1000, clock), id);
});

await t.test('a holder whose clock is behind extends while another takes over: one of them holds it', async (t) => {
  for (const moment of ['before', 'after'] as const) {
    const { folder, clock } = makeFolder(t);
    const slow = new ManualClock();
    const calm = new StoreFolder(folder.dir, { clock: slow, logger: new StoreLogger() });
    const holder = await takeFileLock(calm, 'a.test', 100, slow);
    clock.advance(150);
    let extended: boolean | undefined;
    folder[moment] = async () => { extended = await holder?.extend(10_000); };
    const taken = await takeFileLock(folder, 'a.test', 10_000, clock);
    t.strictSame([extended, taken !== null], moment === 'before' ? [true, false] : [false, true], moment);
    t.equal((await folder.names('.lock')).length, 1);
  }
});

await t.test('one that was slow to take a lock gives way to who was faster', async (t) => {
  const { folder, clock } = makeFolder(t);
  const calm = new StoreFolder(folder.dir, { clock, logger: new StoreLogger() });
  folder.before = async () => {
    // While it slept, two others came: the first died, the second took over from it.
    await takeFileLock(calm, 'a.test', 100, clock);
    clock.advance(150);
    t.ok(await takeFileLock(calm, 'a.test', 60_000, clock));
  };
  t.equal(await takeFileLock(folder, 'a.test', 60_000, clock), null);
  t.strictSame(await folder.names(''), ['a.test.2.lock']);
});

await t.test('who has lost a lock cannot remove the one of the next holder with the same number', async (t) => {
  const { folder, clock } = makeFolder(t);
  const first = await takeFileLock(folder, 'a.test', 100, clock);
  clock.advance(150);
  await (await takeFileLock(folder, 'a.test', 100, clock))?.release();
  await folder.remove('a.test.1.lock');
  t.ok(await takeFileLock(folder, 'a.test', 10_000, clock));
  t.strictSame(await folder.names(''), ['a.test.1.lock']);
  await first?.release();
  t.equal(await first?.extend(10_000), false);
  t.equal(await takeFileLock(folder, 'a.test', 10_000, clock), null);
});

await t.test('a lock of a clock that was a year ahead blocks nobody, and none lasts longer than an hour', async (t) => {
  const { folder, clock } = makeFolder(t);
  const ahead = new ManualClock(clock.now() + 365 * 86_400_000);
  t.ok(await takeFileLock(folder, 'a.test', 60_000, ahead));
  t.ok(await takeFileLock(folder, 'a.test', 1e15, clock));
  clock.advance(3_599_999);
  t.equal(await takeFileLock(folder, 'a.test', 1000, clock), null);
  clock.advance(1);
  t.ok(await takeFileLock(folder, 'a.test', 1000, clock));
});

await t.test('a damaged lock is set aside and blocks nobody', async (t) => {
  const { folder, clock, logger } = makeFolder(t);
  await folder.replace('a.test.7.lock', '{}');
  t.ok(await takeFileLock(folder, 'a.test', 1000, clock));
  t.match(logger.lines, [/set aside .*does not have the fields of a lock/]);
});
