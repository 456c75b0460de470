import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import path from 'node:path';
import t from 'tap';
import { createFile, replaceFile, systemErrorCode } from '../../src/lib/atomic-file.ts';
import { tempDir } from '../helpers/temp-dir.ts';

function modeOf(file: string): number {
  return statSync(file).mode & 0o777;
}

await t.test('replaces a file whole and leaves nothing else behind', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'a.pem');
  writeFileSync(file, 'old and longer', { mode: 0o644 });
  await replaceFile(file, 'new', 0o600);
  t.equal(readFileSync(file, 'utf8'), 'new');
  t.equal(modeOf(file), 0o600, 'the mode is the new one, not that of the file before');
  t.strictSame(readdirSync(dir), ['a.pem']);
});

await t.test('a secret is never readable by others, not even while it is written', async (t) => {
  const dir = tempDir(t);
  const stop = new AbortController();
  const modes: number[] = [];
  const watching = (async () => {
    for await (const { filename } of watch(dir, { signal: stop.signal })) {
      const file = path.join(dir, filename ?? '');
      try {
        modes.push(modeOf(file));
      } catch {
        // Renamed already.
      }
      if (filename === 'key.pem') return;
    }
  })();
  const before = process.umask(0);
  await replaceFile(path.join(dir, 'key.pem'), 'x'.repeat(1_000_000), 0o600).finally(() => process.umask(before));
  await watching.finally(() => stop.abort());
  t.ok(modes.length > 0, 'the file was seen');
  t.ok(modes.every((mode) => mode === 0o600));
});

await t.test('a link is replaced, its target is not written through', async (t) => {
  const dir = tempDir(t);
  writeFileSync(path.join(dir, 'target'), 'precious');
  symlinkSync('target', path.join(dir, 'link'));
  await replaceFile(path.join(dir, 'link'), 'new', 0o600);
  t.equal(readFileSync(path.join(dir, 'target'), 'utf8'), 'precious');
  t.throws(() => readlinkSync(path.join(dir, 'link')));
});

await t.test('a failed replacement leaves the old state and no temporary file', async (t) => {
  const dir = tempDir(t);
  mkdirSync(path.join(dir, 'taken'));
  await t.rejects(replaceFile(path.join(dir, 'taken'), 'new', 0o600), { code: 'EISDIR' });
  t.strictSame(readdirSync(dir), ['taken']);
  await t.rejects(replaceFile(path.join(dir, 'missing', 'a'), 'new', 0o600), { code: 'ENOENT' });
});

await t.test('creates a file only where there is none', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'ca.key');
  t.equal(await createFile(file, 'first', 0o600), true);
  t.equal(modeOf(file), 0o600);
  t.equal(await createFile(file, 'second', 0o600), false);
  t.equal(readFileSync(file, 'utf8'), 'first');
  t.strictSame(readdirSync(dir), ['ca.key']);
});

await t.test('of many that create at once exactly one wins, and its text is there whole', async (t) => {
  const dir = tempDir(t);
  const file = path.join(dir, 'ca.key');
  const texts = Array.from({ length: 20 }, (_, index) => `${index}`.repeat(50_000));
  const won = await Promise.all(texts.map(async (text) => createFile(file, text, 0o600)));
  t.equal(won.filter(Boolean).length, 1);
  t.equal(readFileSync(file, 'utf8'), texts[won.indexOf(true)]);
  t.strictSame(readdirSync(dir), ['ca.key']);
});

await t.test('a failed creation is an error, not "somebody else was first"', async (t) => {
  const dir = tempDir(t);
  writeFileSync(path.join(dir, 'file'), '');
  await t.rejects(createFile(path.join(dir, 'file', 'a'), 'text', 0o600), { code: 'ENOTDIR' });
  t.notOk(existsSync(path.join(dir, 'file', 'a')));
});

await t.test('only a failed system call has a code', async (t) => {
  t.equal(systemErrorCode(Object.assign(new Error('x'), { code: 'ENOENT', syscall: 'open' })), 'ENOENT');
  t.equal(systemErrorCode(Object.assign(new Error('x'), { code: 'ERR_OSSL_X' })), '');
  t.equal(systemErrorCode('ENOENT'), '');
});
