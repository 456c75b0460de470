import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, unlinkSync, type watch, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { FileWatch } from '../../src/lib/file-watch.ts';
import { ManualClock } from '../helpers/manual-clock.ts';
import { tempDir } from '../helpers/temp-dir.ts';
import { eventually, unmoved } from '../helpers/wait-for.ts';

const deafWatch = ((): never => {
  throw Object.assign(new Error('watch ENOSPC'), { code: 'ENOSPC' });
}) as typeof watch;

async function start(t: Test, files: readonly string[], watchPlace?: typeof watch) {
  const clock = new ManualClock();
  const deaf: (string | null)[] = [];
  let hints = 0;
  const watcher = new FileWatch({
    clock,
    onHint: () => { hints += 1; },
    onDeaf: (reason) => void deaf.push(reason),
    isListed: (name) => name.endsWith('.yaml'),
    ...(watchPlace === undefined ? {} : { watchPlace }),
  });
  t.teardown(() => watcher.close());
  watcher.use(files);
  let waited = 0;
  // The first two are for what changed before: soon, and at the first slow look.
  await eventually(() => {
    clock.advance(100);
    return hints === 2;
  });
  waited = hints;
  /** Waits for a hint that was not waited for, in steps of the clock. */
  const hinted = async (stepMs: number): Promise<void> => {
    await eventually(() => {
      clock.advance(stepMs);
      return hints > waited;
    }, 20_000);
    // What one change causes ends before the next one begins.
    await unmoved(() => {
      clock.advance(stepMs);
      return hints;
    });
    waited = hints;
  };
  return { clock, deaf, watcher, hinted, hints: () => hints };
}

interface World {
  readonly dir: string;
  readonly file: string;
}

/** What people and tools do to a file, after each of which the next must be seen too. */
const CHANGES: readonly (readonly [what: string, change: (world: World) => void])[] = [
  ['it is written in place', ({ file }) => writeFileSync(file, 'in place')],
  ['it is written in place again', ({ file }) => appendFileSync(file, ' and more')],
  ['an editor renames a new one over it', ({ file }) => {
    writeFileSync(`${file}~`, 'by an editor');
    renameSync(`${file}~`, file);
  }],
  ['an editor moves it away and writes another', ({ file }) => {
    renameSync(file, `${file}.bak`);
    writeFileSync(file, 'with a backup');
  }],
  ['it is deleted', ({ file }) => rmSync(file)],
  ['it comes back', ({ file }) => writeFileSync(file, 'back')],
  ['it becomes a link into another folder', ({ dir, file }) => {
    mkdirSync(path.join(dir, 'elsewhere'));
    writeFileSync(path.join(dir, 'elsewhere/real'), 'elsewhere');
    unlinkSync(file);
    symlinkSync('elsewhere/real', file);
  }],
  ['what the link leads to is written in place', ({ dir }) => writeFileSync(path.join(dir, 'elsewhere/real'), 'changed')],
  ['what the link leads to is replaced', ({ dir }) => {
    writeFileSync(path.join(dir, 'elsewhere/next'), 'replaced');
    renameSync(path.join(dir, 'elsewhere/next'), path.join(dir, 'elsewhere/real'));
  }],
  ['the folder of what the link leads to is moved away', ({ dir }) => renameSync(path.join(dir, 'elsewhere'), path.join(dir, 'gone'))],
  ['it is there again', ({ dir }) => renameSync(path.join(dir, 'gone'), path.join(dir, 'elsewhere'))],
  ['and is written in place', ({ dir }) => writeFileSync(path.join(dir, 'elsewhere/real'), 'after its return')],
];

await t.test('every way in which a file changes is heard at once, one after the other', async (t) => {
  const dir = tempDir(t);
  const world = { dir, file: path.join(dir, 'gateway.yaml') };
  writeFileSync(world.file, 'first');
  const { clock, hinted } = await start(t, [world.file]);
  const late: string[] = [];
  for (const [what, change] of CHANGES) {
    const beforeMs = clock.monotonicMs();
    change(world);
    await hinted(10);
    if (clock.monotonicMs() - beforeMs > 4000) late.push(what);
  }
  t.strictSame(late, [], 'none waited for the slow look');
});

await t.test('a ConfigMap of Kubernetes: one link is swapped, and all files of the volume are others', async (t) => {
  const dir = tempDir(t);
  const publish = (version: string): void => {
    mkdirSync(path.join(dir, `..${version}`));
    writeFileSync(path.join(dir, `..${version}`, 'gateway.yaml'), version);
    symlinkSync(`..${version}`, path.join(dir, '..data_tmp'));
    renameSync(path.join(dir, '..data_tmp'), path.join(dir, '..data'));
  };
  publish('v1');
  symlinkSync('..data/gateway.yaml', path.join(dir, 'gateway.yaml'));
  const { clock, hinted } = await start(t, [path.join(dir, 'gateway.yaml')]);
  for (const version of ['v2', 'v3']) {
    const beforeMs = clock.monotonicMs();
    publish(version);
    await hinted(10);
    t.ok(clock.monotonicMs() - beforeMs < 4000);
  }
});

await t.test('a directory of files: one that comes, changes or goes is heard, others in it are not', async (t) => {
  const dir = tempDir(t);
  const { hinted, hints, clock } = await start(t, [dir]);
  const file = path.join(dir, 'routes.yaml');
  for (const change of [() => writeFileSync(file, '1'), () => writeFileSync(file, '2'), () => rmSync(file)]) {
    change();
    await hinted(10);
  }
  const before = hints();
  writeFileSync(path.join(dir, 'access.log'), 'line\n');
  t.equal(await unmoved(() => {
    clock.advance(10);
    return hints();
  }), before);
});

await t.test('where the kernel tells nothing every change is seen by the slow look, and that is said once', async (t) => {
  const dir = tempDir(t);
  const world = { dir, file: path.join(dir, 'gateway.yaml') };
  writeFileSync(world.file, 'first');
  const { deaf, hinted } = await start(t, [world.file], deafWatch);
  for (const [, change] of CHANGES) {
    change(world);
    await hinted(5000);
  }
  t.match(deaf, [/max_user_watches/]);
});

await t.test('closed, it leaves no timer and tells nothing', async (t) => {
  const dir = tempDir(t);
  const { clock, watcher, hints } = await start(t, [dir]);
  watcher.close();
  watcher.use([dir]);
  writeFileSync(path.join(dir, 'a.yaml'), '1');
  const before = hints();
  clock.advance(10_000);
  t.strictSame([clock.tickers, await unmoved(hints)], [0, before]);
});
