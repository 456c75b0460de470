import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { DamageError } from '../../../src/tls/store/stored-entry.ts';
import { entryFileName, StoreFolder } from '../../../src/tls/store/store-folder.ts';
import { ManualClock } from '../../helpers/manual-clock.ts';
import { asNobody } from '../../helpers/nobody.ts';
import { commandPath, requireService } from '../../helpers/service.ts';
import { tempDir } from '../../helpers/temp-dir.ts';
import { StoreLogger } from './conformance.ts';

function makeFolder(t: Test): { dir: string; folder: StoreFolder; logger: StoreLogger } {
  const dir = path.join(tempDir(t), 'acme', 'things');
  const logger = new StoreLogger();
  return { dir, folder: new StoreFolder(dir, { clock: new ManualClock(), logger }), logger };
}

const asIs = (text: string): string => text;

await t.test('files are 0600 in folders of 0700, whatever the umask', async (t) => {
  const { dir, folder } = makeFolder(t);
  const before = process.umask(0);
  try {
    await folder.replace('a', '1');
    await folder.create('b', '2');
  } finally {
    process.umask(before);
  }
  t.equal(statSync(path.dirname(dir)).mode & 0o777, 0o700);
  t.equal(statSync(dir).mode & 0o777, 0o700);
  t.equal(statSync(path.join(dir, 'a')).mode & 0o777, 0o600);
  t.equal(statSync(path.join(dir, 'b')).mode & 0o777, 0o600);
});

await t.test('files are listed by their ending, replaced, made once, and removed', async (t) => {
  const { folder } = makeFolder(t);
  t.strictSame(await folder.names('.x'), []);
  await folder.remove('a.x');
  await folder.replace('b.x', '1');
  await folder.replace('b.x', '2');
  t.equal(await folder.create('a.x', '3'), true);
  t.equal(await folder.create('a.x', '4'), false);
  await folder.create('a.y', '5');
  t.strictSame(await folder.names('.x'), ['a.x', 'b.x']);
  t.strictSame([await folder.read('a.x', asIs), await folder.read('b.x', asIs)], ['3', '2']);
  await folder.remove('a.x');
  t.equal(await folder.read('a.x', asIs), null);
});

await t.test('what cannot be a file of ours is set aside in words, and nothing hangs on it', async (t) => {
  const mkfifo = requireService(t, 'mkfifo');
  if (mkfifo === null) return;
  const { dir, folder, logger } = makeFolder(t);
  await folder.make();
  mkdirSync(path.join(dir, 'folder'));
  execFileSync(mkfifo, [path.join(dir, 'pipe')]);
  writeFileSync(path.join(dir, 'large'), 'x'.repeat(1_048_577), { mode: 0o600 });
  for (const name of ['folder', 'pipe', 'large']) t.equal(await folder.read(name, asIs), null);
  t.match(logger.lines, [/"reason":"is not a file"/, /"reason":"is not a file"/, /"reason":"is larger than 1 MiB"/]);
  t.match(readdirSync(dir).toSorted(), [/^folder\.bad-20260101T000000-[0-9a-f]{8}$/, /^large\.bad-/, /^pipe\.bad-/]);
  symlinkSync('circle', path.join(dir, 'circle'));
  await t.rejects(folder.read('circle', asIs), { name: 'StoreError', message: /circle cannot be read: ELOOP/ });
});

await t.test('a file that this user may not read is set aside; a folder that it may not read is an error', async (t) => {
  const { dir, folder, logger } = makeFolder(t);
  await folder.replace('a', '1');
  if (process.geteuid?.() === 0) {
    chmodSync(path.dirname(path.dirname(dir)), 0o755);
    for (const each of [dir, path.dirname(dir)]) chownSync(each, 65_534, 65_534);
  }
  chmodSync(path.join(dir, 'a'), 0);
  await asNobody(async () => {
    t.equal(await folder.read('a', asIs), null);
    t.match(logger.lines, [/"reason":"may not be read by this user"/]);
    t.match(await folder.names(''), [/^a\.bad-/]);
    chmodSync(dir, 0);
    const calls: readonly (() => Promise<unknown>)[] = [async () => folder.names(''), async () => folder.read('b', asIs), async () => folder.replace('b', '1'), async () => folder.remove('b')];
    for (const call of calls) {
      await t.rejects(call(), { name: 'StoreError', message: /things.*: this user may not do that; change the owner or the mode of the folder\.$/ });
    }
    chmodSync(dir, 0o700);
  });
});

await t.test('damage that cannot be set aside is an error, and stays where it is', async (t) => {
  const { dir, folder } = makeFolder(t);
  await folder.replace('a', 'damage');
  const above = [dir, path.dirname(dir), path.dirname(path.dirname(dir))];
  for (const each of above) chmodSync(each, 0o555);
  chmodSync(path.join(dir, 'a'), 0o644);
  await asNobody(async () => {
    const reading = folder.read('a', () => { throw new DamageError('is broken'); });
    await t.rejects(reading, { name: 'StoreError', message: /a is broken, and cannot be set aside: this user may not/ });
  });
  for (const each of above) chmodSync(each, 0o755);
  t.equal(readFileSync(path.join(dir, 'a'), 'utf8'), 'damage');
});

await t.test('a key that others could read is closed to them, in words, and used', async (t) => {
  const { dir, folder, logger } = makeFolder(t);
  await folder.replace('a', '1');
  chmodSync(path.join(dir, 'a'), 0o644);
  t.equal(await folder.read('a', asIs), '1');
  t.equal(statSync(path.join(dir, 'a')).mode & 0o777, 0o600);
  t.match(logger.lines, [/could be read by other users; its mode is 0600 now/]);
  chmodSync(path.join(dir, 'a'), 0o640);
  t.equal(await folder.read('a', asIs), '1');
  t.equal(logger.lines.length, 1, 'a group that may read is how Kubernetes shares keys');
});

await t.test('a new file that came while the damaged one was read is not the one set aside', async (t) => {
  const { dir, folder, logger } = makeFolder(t);
  await folder.replace('a', 'damage');
  const read = await folder.read('a', () => {
    writeFileSync(path.join(dir, 'new'), 'good');
    renameSync(path.join(dir, 'new'), path.join(dir, 'a'));
    throw new DamageError('is broken');
  });
  t.equal(read, null);
  t.strictSame(readdirSync(dir), ['a']);
  t.equal(await folder.read('a', asIs), 'good');
  t.notMatch(logger.lines.join(''), /set aside/);
});

await t.test('a bug in the reader is no damage', async (t) => {
  const { dir, folder } = makeFolder(t);
  await folder.replace('a', '1');
  const bug = new TypeError('bug');
  await t.rejects(folder.read('a', () => { throw bug; }), bug);
  t.strictSame(readdirSync(dir), ['a']);
});

await t.test('a path through a file is an error in words', async (t) => {
  const { dir, folder } = makeFolder(t);
  mkdirSync(path.dirname(path.dirname(dir)), { recursive: true });
  writeFileSync(path.dirname(dir), '');
  const calls: readonly (() => Promise<unknown>)[] = [async () => folder.names(''), async () => folder.read('a', asIs), async () => folder.replace('a', '1')];
  for (const call of calls) {
    await t.rejects(call(), { name: 'StoreError', message: /a part of the path is not a folder/ });
  }
});

await t.test('a disk that takes no more leaves the old file whole, and says what to do', async (t) => {
  const mount = commandPath('mount');
  const dir = tempDir(t);
  try {
    if (mount === null) throw new Error('not installed');
    execFileSync(mount, ['-t', 'tmpfs', '-o', 'size=64k', 'sluice-test', dir], { stdio: 'ignore' });
  } catch {
    return t.plan(0, 'no right to mount a small disk');
  }
  try {
    const folder = new StoreFolder(path.join(dir, 'things'), { clock: new ManualClock(), logger: new StoreLogger() });
    await folder.replace('a', 'old');
    await t.rejects(folder.replace('a', 'x'.repeat(100_000)), { name: 'StoreError', message: /things\/a cannot be written: the disk is full; free some space\.$/ });
    t.equal(await folder.read('a', asIs), 'old');
    t.strictSame(readdirSync(folder.dir), ['a'], 'nothing half is left');
    await folder.replace('a', 'new');
    t.equal(await folder.read('a', asIs), 'new');
    execFileSync(mount, ['-o', 'remount,ro', dir]);
    await t.rejects(folder.replace('a', 'newer'), { name: 'StoreError', message: /the file system is read-only/ });
    t.equal(await folder.read('a', asIs), 'new');
  } finally {
    execFileSync('umount', [dir]);
  }
});

await t.test('a limit on the size of files is met in the same way, by every user', async (t) => {
  const prlimit = requireService(t, 'prlimit');
  if (prlimit === null) return;
  const { dir, folder } = makeFolder(t);
  await folder.replace('a', 'old');
  // In a process of its own: the runner ends at the signal that the limit also sends, which Node alone ignores.
  const script = `
    import { StoreFolder } from ${JSON.stringify(new URL('../../../src/tls/store/store-folder.ts', import.meta.url))};
    const folder = new StoreFolder(${JSON.stringify(dir)}, {});
    await folder.replace('a', 'x'.repeat(5000)).catch((error) => process.stdout.write(String(error)));
  `;
  // The runner puts its own options into every child, and keeps records of it that are larger than the limit.
  const command = [prlimit, '--fsize=1000', process.execPath, '--input-type=module', '-e', script];
  const said = execFileSync('/bin/sh', ['-c', 'unset NODE_OPTIONS; exec "$@"', 'sh', ...command], { encoding: 'utf8' });
  t.match(said, /^StoreError: .*things\/a cannot be written: it would exceed the largest file this process may write/);
  t.equal(await folder.read('a', asIs), 'old');
  t.strictSame(readdirSync(dir), ['a']);
});

await t.test('a file name says what it is of, and no two texts share one', async (t) => {
  t.equal(entryFileName('app.example.com'), 'app.example.com');
  t.match(entryFileName('*.example.com'), /^_\.example\.com-[0-9a-f]{16}$/);
  const long = 'x'.repeat(1000);
  const texts = ['*.a', '_.a', 'A.a', 'a.a', '', '_', `${long}1`, `${long}2`, '../a', '..\\a', '/a', 'a\0', 'ü', 'a,b', 'a b'];
  const names = texts.map(entryFileName);
  t.equal(new Set(names).size, texts.length);
  for (const name of names) t.match(name, /^[a-z0-9._-]{1,117}$/);
});
